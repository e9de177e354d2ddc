// SPDX-License-Identifier: Apache-2.0
package org.understudy.config;

import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.commons.configuration2.ex.ConfigurationException;
import org.apache.commons.configuration2.interpol.DefaultLookups;
import org.apache.commons.configuration2.tree.ImmutableNode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.Policy;
import org.understudy.api.Severity;

/**
 * The configuration file on disk. A file that cannot be read, is empty or is no YAML changes nothing; in any other, what is
 * wrong keeps its last valid state.
 */
record PolicyFile(Path path) {

    /**
     * The result of one reading.
     *
     * @param policy the configuration in force
     * @param findings why parts of the file are not in force; empty if it is in force completely
     * @param endsInLineBreak whether the last file that was read completely did
     */
    record Reading(Policy policy, List<Finding> findings, boolean endsInLineBreak) {
        /** Before the first reading. */
        static Reading none() {
            return new Reading(defaults(), List.of(), false);
        }

        private Reading unchanged(List<Finding> why) {
            return new Reading(policy, why, endsInLineBreak);
        }
    }

    /** The configuration without a file: no hosts, and the default of every other key. */
    static Policy defaults() {
        MarkedYaml nothing = new MarkedYaml();
        Problems none = new Problems("no file");
        Entry root = new Entry(nothing.getNodeModel().getRootNode(), new Entry.Source(none, nothing.getInterpolator()));
        return PolicyReader.defaults(root, none);
    }

    /** @param before the last reading; what is wrong in the file keeps its state */
    Reading read(Reading before) {
        Problems problems = new Problems(path.toString());
        try {
            String text = Files.readString(path);
            boolean endsInLineBreak = text.endsWith("\n");
            if (before.endsInLineBreak() && !endsInLineBreak && !text.isBlank()) {
                problems.add(
                        (int) text.lines().count(),
                        "",
                        "the last line has no line break, so that the file may be incomplete; nothing of it is in force",
                        "End the last line of etc/understudy.yaml with a line break when the file is complete.");
                return before.unchanged(problems.findings());
            }
            Policy policy = parse(new StringReader(text), problems, before.policy());
            return new Reading(policy, problems.findings(), endsInLineBreak);
        } catch (NoSuchFileException e) {
            return before.unchanged(List.of(missing(before.policy())));
        } catch (MarkedYaml.BrokenYaml e) {
            problems.add(
                    e.line,
                    "",
                    e.getMessage(),
                    "Correct the YAML at this line: indent with spaces and write key: value.");
        } catch (IOException | ConfigurationException e) {
            problems.add(
                    1,
                    "",
                    "the file cannot be read: " + e,
                    "Check owner, permissions and encoding (UTF-8) of " + path + ".");
        }
        return before.unchanged(problems.findings());
    }

    private static Policy parse(Reader text, Problems problems, Policy lastValid)
            throws ConfigurationException, IOException {
        MarkedYaml yaml = new MarkedYaml();
        yaml.setPrefixLookups(Map.of(
                "sys", DefaultLookups.SYSTEM_PROPERTIES.getLookup(), "env", DefaultLookups.ENVIRONMENT.getLookup()));
        yaml.read(text);
        ImmutableNode root = yaml.getNodeModel().getRootNode();
        return new PolicyReader(problems, lastValid)
                .read(new Entry(root, new Entry.Source(problems, yaml.getInterpolator())));
    }

    private Finding missing(Policy inForce) {
        return Finding.of(
                        FindingCode.CONFIGURATION_REJECTED,
                        "file " + path,
                        path
                                + " does not exist; the last valid configuration, or else the defaults without hosts, are in force",
                        "Create it from the sample understudy.yaml that is shipped with Understudy.")
                .as(inForce.hosts().isEmpty() ? Severity.NOTICE : Severity.ERROR);
    }
}
