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
import java.util.Optional;
import org.apache.commons.configuration2.ex.ConfigurationException;
import org.apache.commons.configuration2.interpol.DefaultLookups;
import org.apache.commons.configuration2.tree.ImmutableNode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.Policy;
import org.understudy.api.Severity;

/** The configuration file on disk, which is used completely or not at all. */
record PolicyFile(Path path) {

    /**
     * The result of one reading.
     *
     * @param policy empty if the file is missing or invalid
     * @param findings the reasons; empty if the policy is present
     */
    record Reading(Optional<Policy> policy, List<Finding> findings) {}

    /** The configuration without a file: no hosts, and the default of every other key. */
    static Policy defaults() {
        MarkedYaml nothing = new MarkedYaml();
        return PolicyReader.read(new Entry(
                nothing.getNodeModel().getRootNode(),
                new Entry.Source(new Problems("no file"), nothing.getInterpolator())));
    }

    Reading read() {
        Problems problems = new Problems(path.toString());
        try {
            Policy policy = parse(new StringReader(Files.readString(path)), problems);
            List<Finding> findings = problems.findings();
            return new Reading(findings.isEmpty() ? Optional.of(policy) : Optional.empty(), findings);
        } catch (NoSuchFileException e) {
            return new Reading(Optional.empty(), List.of(missing()));
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
        return new Reading(Optional.empty(), problems.findings());
    }

    private static Policy parse(Reader text, Problems problems) throws ConfigurationException, IOException {
        MarkedYaml yaml = new MarkedYaml();
        yaml.setPrefixLookups(Map.of(
                "sys", DefaultLookups.SYSTEM_PROPERTIES.getLookup(), "env", DefaultLookups.ENVIRONMENT.getLookup()));
        yaml.read(text);
        ImmutableNode root = yaml.getNodeModel().getRootNode();
        return PolicyReader.read(new Entry(root, new Entry.Source(problems, yaml.getInterpolator())));
    }

    private Finding missing() {
        return Finding.of(
                        FindingCode.CONFIGURATION_REJECTED,
                        "file " + path,
                        path
                                + " does not exist; the last valid configuration, or else the defaults without hosts, are in force",
                        "Create it from the sample understudy.yaml that is shipped with Understudy.")
                .as(Severity.NOTICE);
    }
}
