// SPDX-License-Identifier: Apache-2.0
package org.understudy.requirements;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The KARs of Understudy that Karaf lists, read from its folder: its service has nothing but their names. */
final class InstalledKars {
    private static final Pattern REPOSITORY = Pattern.compile(repository("([^/]+)"));

    private final Path folder;

    InstalledKars(Path data) {
        folder = data.resolve("kar");
    }

    /** The feature repository in the KAR of a version. */
    static String repository(String version) {
        return "mvn:org.understudy/understudy-features/" + version + "/xml/features";
    }

    /** A KAR by its name in {@code kar:list}. */
    static final class Kar {
        private final Path folder;
        private final String version;

        private Kar(Path folder, String version) {
            this.folder = folder;
            this.version = version;
        }

        String name() {
            return folder.getFileName().toString();
        }

        String version() {
            return version;
        }
    }

    Optional<Kar> ofAnotherVersion(String version) throws IOException {
        return all().stream().filter(kar -> !kar.version().equals(version)).findFirst();
    }

    /** Removes those of a version from Karaf's list. */
    void remove(String version) throws IOException {
        for (Kar kar : all()) {
            if (kar.version().equals(version)) {
                delete(kar.folder);
            }
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).collect(Collectors.toList())) {
                Files.deleteIfExists(file);
            }
        }
    }

    private List<Kar> all() throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> kars = Files.list(folder)) {
            return kars.sorted().flatMap(kar -> read(kar).stream()).collect(Collectors.toList());
        }
    }

    private static Optional<Kar> read(Path kar) {
        try {
            Matcher repository = REPOSITORY.matcher(Files.readString(kar.resolve("features.cfg")));
            return repository.find() ? Optional.of(new Kar(kar, repository.group(1))) : Optional.empty();
        } catch (IOException e) {
            // Of another program, or not complete
            return Optional.empty();
        }
    }
}
