// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Optional;

/** A Karaf that was built elsewhere, with an open ssh session, into which the KAR is dropped. */
final class KarInServer implements AutoCloseable {
    private static final String CORE = "org.understudy.core";

    private final KarafServer server;
    private final BundleEvents events;
    private final RemoteShell shell;
    private final Conversation terminal;
    private final int httpPort;
    private final Optional<Jmx> jmx;
    private final Path file;
    private long starts;

    private KarInServer(KarafServer server, BundleEvents events, RemoteShell shell, int httpPort, Optional<Jmx> jmx)
            throws IOException {
        this.server = server;
        this.shell = shell;
        terminal = shell.terminal();
        this.httpPort = httpPort;
        this.events = events;
        this.jmx = jmx;
        file = server.home.resolve("deploy/understudy.kar");
    }

    /** Starts the server on free ports and without a repository on the network, and records what happens to its bundles. */
    static KarInServer start(KarafServer server, ServerTls tls) throws IOException {
        Files.writeString(server.etc("org.ops4j.pax.url.mvn.cfg"), """
                org.ops4j.pax.url.mvn.defaultRepositories = \\
                    ${karaf.home.uri}${karaf.default.repository}@id=system.repository@snapshots, \\
                    ${karaf.data.uri}kar@id=kar.repository@multi@snapshots
                org.ops4j.pax.url.mvn.repositories =
                org.ops4j.pax.url.mvn.localRepository = ${karaf.data}/no-repository
                """);
        Files.writeString(
                server.etc("org.ops4j.pax.web.cfg"),
                "org.osgi.service.http.port = " + server.httpPort + "\n" + tls.configuration());
        return start(server, server.httpPort, Optional.of(Jmx.configure(server)));
    }

    /** Users of a server that has none. */
    static void addUsers(KarafServer server) throws IOException {
        Files.writeString(
                server.etc("users.properties"),
                "admin = once,_g_:admingroup\n_g_\\:admingroup = group,admin,manager,viewer,systembundles,ssh\n"
                        + "visitor = often,ssh\nwatcher = w1,viewer\nrunner = r1,operator\nchief = c1,admin\n");
    }

    /** Starts the server with its own settings, which have no user. */
    static KarInServer startAsConfigured(KarafServer server, int httpPort) throws IOException {
        return start(server, httpPort, Optional.empty());
    }

    private static KarInServer start(KarafServer server, int httpPort, Optional<Jmx> jmx) throws IOException {
        addUsers(server);
        server.start();
        RemoteShell shell = admin(server);
        server.awaitUntil(
                "every boot feature", () -> shell.run("feature:list -i").text().contains("management"));
        BundleEvents events = BundleEvents.record(server);
        return new KarInServer(server, events, shell, httpPort, jmx);
    }

    private static RemoteShell admin(KarafServer server) {
        return new RemoteShell(server.sshPort, "admin", "once");
    }

    RemoteShell shell() {
        return admin(server);
    }

    /** Of a server with ports of its own. */
    Jmx jmx() {
        return jmx.orElseThrow();
    }

    interface Part {
        void run() throws Exception;
    }

    static Duration timed(Part part) throws Exception {
        long start = System.nanoTime();
        part.run();
        return Duration.ofNanos(System.nanoTime() - start);
    }

    /** Copies a KAR into the folder that Karaf watches, over the one that may be there. */
    void drop(Path kar) throws IOException {
        starts = events.count("STARTED", CORE);
        Path complete = Files.copy(kar, server.home.resolve("understudy.kar"), StandardCopyOption.REPLACE_EXISTING);
        Files.move(complete, file, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Waits until the KAR that was dropped last serves its console and its hosts. */
    void awaitUnderstudy() {
        Rest rest = new Rest(httpPort, "admin", "once");
        server.awaitUntil("the start of " + CORE, () -> events.count("STARTED", CORE) > starts);
        server.awaitUntil("the console", () -> rest.get("/").statusCode() == 200);
        server.awaitUntil("the hosts", () -> rest.json("/api/v1/hosts").size() == 1);
    }

    /** Removes the KAR, and waits until its bundles are gone. */
    void removeFile() throws IOException {
        Files.delete(file);
        server.awaitUntil(
                "the end of " + CORE, () -> events.count("UNINSTALLED", CORE) == events.count("INSTALLED", CORE));
        try (RemoteShell shell = shell()) {
            server.awaitUntil(
                    "the end of the KAR", () -> !shell.run("kar:list").text().contains("understudy"));
        }
    }

    /** No bundle of the server was stopped, refreshed, updated or removed, and the ssh session is the same. */
    void assertServerUntouched() throws IOException {
        events.assertServerUntouched();
        terminal.forget();
        terminal.type("feature:list -i | grep management\r");
        terminal.awaitText("Started");
    }

    @Override
    public void close() throws IOException {
        terminal.close();
        shell.close();
    }
}
