// SPDX-License-Identifier: Apache-2.0
package org.understudy.history.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;
import org.postgresql.Driver;
import org.understudy.api.HistoryPolicy.PostgresPolicy;

/** A PostgreSQL server of this machine in a folder of its own, on a free port of 127.0.0.1. */
public final class PostgresServer implements AutoCloseable {
    /** Of the user understudy. */
    public static final String PASSWORD = "s3cret-of-the-test";

    private static final Path VERSIONS = Path.of("/usr/lib/postgresql");
    private static final String NOBODY = "nobody";

    public final int port;
    private final Path programs;
    private final Path folder;
    private Process process;

    public PostgresServer() throws IOException, SQLException {
        programs = programs();
        folder = Files.createTempDirectory(Path.of("/tmp"), "us-pg");
        port = freePort();
        boolean root = System.getProperty("user.name").equals("root");
        if (root) {
            Files.setOwner(
                    folder,
                    folder.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(NOBODY));
        }
        // Valid for the address, not for the name of this machine.
        run(
                "/usr/bin/openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=db.example"
                        + " -addext subjectAltName=IP:127.0.0.1 -keyout %1$s/key.pem -out %1$s/cert.pem"
                                .formatted(folder));
        run(programs + "/initdb -U owner --auth=trust --no-sync --encoding=UTF8 --locale=C -D " + data());
        start();
        try (Connection connection = connect("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute("create role understudy login password '" + PASSWORD + "'");
        }
        Files.writeString(
                Path.of(data(), "pg_hba.conf"),
                "host all owner 127.0.0.1/32 trust\nhost all understudy 127.0.0.1/32 scram-sha-256\n");
        stop();
        start();
    }

    /** Fails without the Debian package that ./understudy setup installs. */
    private static Path programs() throws IOException {
        assertThat(VERSIONS)
                .as("Debian package postgresql, see ./understudy setup")
                .isDirectory();
        try (Stream<Path> versions = Files.list(VERSIONS)) {
            return versions.map(version -> version.resolve("bin"))
                    .filter(bin -> Files.exists(bin.resolve("initdb")))
                    .max(Comparator.naturalOrder())
                    .orElseThrow(() -> new AssertionError("Debian package postgresql has no initdb"));
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private String data() {
        return folder.resolve("data").toString();
    }

    /** As an unprivileged user, as PostgreSQL refuses to run as root. */
    private Process launch(String command) throws IOException {
        List<String> words = new ArrayList<>();
        if (System.getProperty("user.name").equals("root")) {
            words.addAll(List.of("setpriv", "--reuid=" + NOBODY, "--regid=nogroup", "--clear-groups", "--"));
        }
        words.addAll(List.of(command.split(" ")));
        return new ProcessBuilder(words)
                .directory(new File("/"))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
                .start();
    }

    private Path log() {
        return folder.resolveSibling(folder.getFileName() + ".log");
    }

    private void run(String command) throws IOException {
        assertThat(launch(command).onExit().join().exitValue())
                .as(() -> command + ": " + logText())
                .isZero();
    }

    private String logText() {
        try {
            return Files.readString(log());
        } catch (IOException e) {
            return e.toString();
        }
    }

    public void start() throws IOException {
        process = launch(
                "%1$s/postgres -D %2$s -p %3$d -k %4$s -F -c listen_addresses=127.0.0.1 -c ssl=on -c ssl_cert_file=%4$s/cert.pem -c ssl_key_file=%4$s/key.pem"
                        .formatted(programs, data(), port, folder));
        await("PostgreSQL").atMost(Duration.ofSeconds(30)).ignoreExceptions().until(() -> {
            assertThat(process.isAlive()).as(logText()).isTrue();
            connect("postgres").close();
            return true;
        });
    }

    /** Ends all connections at once. */
    public void stop() throws IOException {
        // The fast shutdown; for SIGTERM it waits for its clients.
        new ProcessBuilder("kill", "-INT", String.valueOf(process.pid())).start();
        await("the end of PostgreSQL").atMost(Duration.ofSeconds(30)).until(() -> !process.isAlive());
    }

    /** The only certificate that the server's own is signed by: itself. */
    public Path certificate() {
        return folder.resolve("cert.pem");
    }

    /** As the owner of all databases. */
    public Connection connect(String database) throws SQLException {
        Properties user = new Properties();
        user.setProperty("user", "owner");
        return new Driver().connect("jdbc:postgresql://127.0.0.1:%d/%s".formatted(port, database), user);
    }

    public PostgresPolicy policy(String database, String user, Optional<Path> password) {
        return new PostgresPolicy(
                "127.0.0.1", port, database, user, password.map(Path::toString), false, Optional.empty());
    }

    /** A database of its own for each test. */
    public PostgresPolicy newDatabase(String name, Path secrets) throws IOException, SQLException {
        try (Connection connection = connect("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute("create database " + name + " owner understudy");
        }
        return policy(name, "understudy", Optional.of(passwordFile(secrets, PASSWORD)));
    }

    public static Path passwordFile(Path secrets, String password) throws IOException {
        Path file = Files.createTempFile(
                secrets,
                "password",
                "",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        return Files.writeString(file, password + "\n");
    }

    @Override
    public void close() throws IOException {
        stop();
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        }
        Files.deleteIfExists(log());
    }
}
