// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;

/** What happened to the bundles of a server since {@link #record}: the server's own, and those of Understudy. */
final class BundleEvents {
    /** As {@link BundleRecorder} names it. */
    private static final String FILE = "bundle-events";

    private static final String OURS = "org.understudy.";
    /** A bundle is rewired only by a refresh, which stops and unresolves it. */
    private static final Set<String> DISTURBANCES = Set.of("STOPPED", "UNINSTALLED", "UNRESOLVED", "UPDATED");

    private final Path file;

    private BundleEvents(Path file) {
        this.file = file;
    }

    private record Event(String type, String id, String bundle) {
        static Event parse(String line) {
            String[] parts = line.split(" ", 3);
            return new Event(parts[0], parts[1], parts[2]);
        }
    }

    /** Installs a bundle that records, and waits until it runs. */
    static BundleEvents record(KarafServer server) throws IOException {
        Path jar = server.home.resolve("recorder.jar");
        write(jar);
        Files.move(jar, server.home.resolve("deploy/recorder.jar"));
        Path file = server.home.resolve("data").resolve(FILE);
        BundleEvents events = new BundleEvents(file);
        server.awaitUntil(
                "the recorder of bundle events",
                () -> events.read().stream()
                        .anyMatch(event -> event.type().equals("STARTED")
                                && event.bundle().equals(BundleRecorder.class.getName())));
        return events;
    }

    private static void write(Path jar) throws IOException {
        Manifest manifest = new Manifest();
        Attributes headers = manifest.getMainAttributes();
        headers.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        headers.putValue("Bundle-ManifestVersion", "2");
        headers.putValue("Bundle-SymbolicName", BundleRecorder.class.getName());
        headers.putValue("Bundle-Version", "1.0.0");
        headers.putValue("Bundle-Activator", BundleRecorder.class.getName());
        headers.putValue("Import-Package", "org.osgi.framework");
        try (OutputStream out = Files.newOutputStream(jar);
                JarOutputStream content = new JarOutputStream(out, manifest)) {
            String name = BundleRecorder.class.getName().replace('.', '/') + ".class";
            content.putNextEntry(new JarEntry(name));
            try (InputStream code = BundleRecorder.class.getClassLoader().getResourceAsStream(name)) {
                code.transferTo(content);
            }
        }
    }

    /** The bundles of the server that have been stopped, refreshed, updated or removed. */
    void assertServerUntouched() throws IOException {
        List<Event> events = read();
        Set<String> server = events.stream()
                .filter(event ->
                        event.type().equals("PRESENT") && !event.bundle().startsWith(OURS))
                .map(Event::id)
                .collect(Collectors.toSet());
        assertThat(server).isNotEmpty();
        assertThat(events)
                .as("bundles of the server that were stopped, refreshed, updated or removed")
                .filteredOn(event -> server.contains(event.id()) && DISTURBANCES.contains(event.type()))
                .isEmpty();
    }

    /** How often an event of one bundle was recorded. */
    long count(String type, String bundle) throws IOException {
        return read().stream()
                .filter(event -> event.type().equals(type) && event.bundle().equals(bundle))
                .count();
    }

    private List<Event> read() throws IOException {
        if (!Files.exists(file)) {
            return List.of();
        }
        String text = Files.readString(file);
        // The last line may be incomplete.
        return text.substring(0, text.lastIndexOf('\n') + 1)
                .lines()
                .map(Event::parse)
                .toList();
    }
}
