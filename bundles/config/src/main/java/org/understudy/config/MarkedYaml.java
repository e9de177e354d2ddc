// SPDX-License-Identifier: Apache-2.0
package org.understudy.config;

import java.io.Reader;
import java.io.Writer;
import java.util.HashSet;
import java.util.Set;
import org.apache.commons.configuration2.BaseHierarchicalConfiguration;
import org.apache.commons.configuration2.FileBasedConfiguration;
import org.apache.commons.configuration2.ex.ConfigurationException;
import org.apache.commons.configuration2.tree.ImmutableNode;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * A YAML document as a configuration whose nodes have their line and shape.
 *
 * <p>Scalars are kept as text; the reader of a key determines its type. Aliases of lists and mappings are
 * refused, so a small file cannot become a large tree.
 */
final class MarkedYaml extends BaseHierarchicalConfiguration implements FileBasedConfiguration {
    /** Attribute: the line in the file, from 1. */
    static final String LINE = "line";

    /** Attribute: a {@link Shape}. */
    static final String SHAPE = "shape";

    /** The kind of a YAML node. */
    enum Shape {
        MAPPING("a mapping of keys"),
        LIST("a list"),
        SCALAR("one value"),
        EMPTY("empty");

        final String words;

        Shape(String words) {
            this.words = words;
        }
    }

    /** @throws BrokenYaml if the text is not one YAML document */
    @Override
    public void read(Reader in) throws ConfigurationException {
        LoaderOptions options = new LoaderOptions();
        options.setMaxAliasesForCollections(0);
        try {
            Node document = new Yaml(options).compose(in);
            if (document != null) {
                getNodeModel().setRootNode(convert("", document));
            }
        } catch (MarkedYAMLException e) {
            throw new BrokenYaml(
                    e.getProblemMark() == null ? 1 : e.getProblemMark().getLine() + 1, e.getProblem());
        } catch (YAMLException e) {
            throw new BrokenYaml(1, e.getMessage());
        }
    }

    @Override
    public void write(Writer out) throws ConfigurationException {
        throw new ConfigurationException("This configuration is read-only");
    }

    private static ImmutableNode convert(String name, Node node) throws BrokenYaml {
        int line = node.getStartMark().getLine() + 1;
        ImmutableNode.Builder built = new ImmutableNode.Builder().name(name).addAttribute(LINE, line);
        if (node instanceof MappingNode mapping) {
            addKeys(built.addAttribute(SHAPE, Shape.MAPPING), mapping);
        } else if (node instanceof SequenceNode list) {
            built.addAttribute(SHAPE, Shape.LIST);
            for (Node item : list.getValue()) {
                built.addChild(convert(name, item));
            }
        } else {
            String value = ((ScalarNode) node).getValue();
            boolean empty = node.getTag().equals(Tag.NULL);
            built.addAttribute(SHAPE, empty ? Shape.EMPTY : Shape.SCALAR).value(value);
        }
        return built.create();
    }

    private static void addKeys(ImmutableNode.Builder built, MappingNode mapping) throws BrokenYaml {
        Set<String> seen = new HashSet<>();
        for (NodeTuple tuple : mapping.getValue()) {
            int line = tuple.getKeyNode().getStartMark().getLine() + 1;
            if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                throw new BrokenYaml(line, "a key must be one word");
            }
            if (!seen.add(key.getValue())) {
                throw new BrokenYaml(line, "key '" + key.getValue() + "' occurs twice in the same mapping");
            }
            built.addChild(convert(key.getValue(), tuple.getValueNode()));
        }
    }

    /** The text is not one YAML document. */
    static final class BrokenYaml extends ConfigurationException {
        private static final long serialVersionUID = 1L;

        final int line;

        BrokenYaml(int line, String problem) {
            super(problem);
            this.line = line;
        }
    }
}
