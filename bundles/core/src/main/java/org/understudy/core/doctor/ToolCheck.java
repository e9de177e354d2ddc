// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.doctor;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;

/**
 * Checks whether the programs of the gap probes are installed.
 *
 * @param path folders, separated by ':'. Source: the environment variable PATH
 */
record ToolCheck(String path) implements Check {
    @Override
    public List<Finding> findings() {
        return List.of(check("ping", "ICMP", "iputils-ping"), check("arping", "ARP", "iputils-arping"));
    }

    private Finding check(String program, String probe, String debianPackage) {
        Optional<Path> found = Stream.of(path.split(File.pathSeparator))
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, program))
                .filter(Files::isExecutable)
                .findFirst();
        return found.map(file -> Check.healthy("program " + program, "Program " + program + " is installed: " + file))
                .orElseGet(() -> Finding.of(
                        FindingCode.NO_GAP_PROBE,
                        "program " + program,
                        "Program " + program + " is not installed; network gaps cannot be measured with " + probe,
                        "Install the package " + debianPackage + ", or use heartbeats."));
    }
}
