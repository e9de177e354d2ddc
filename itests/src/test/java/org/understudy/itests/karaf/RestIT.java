// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.itests.Built;

/** What the REST interface needs from the HTTP server of Karaf. */
@ExtendWith(SharedKaraf.class)
@Timeout(120)
class RestIT {
    /** More than the HTTP server has threads. */
    private static final int STREAMS = 250;

    private static KarafServer server;
    private static Rest rest;

    @BeforeAll
    static void start(KarafServer shared) throws Exception {
        server = shared;
        rest = server.startWith(
                "hosts:\n  - {name: alpha, connector: qemu, directory: %s/alpha, user: %s}\n"
                        .formatted(server.home, Built.qemuUser()),
                1);
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /api/v1/nothing, '', 404, resource-not-found",
        "GET, /api/v2/vms, '', 404, resource-not-found",
        "POST, /api/v1/hosts, '', 405, method-not-allowed",
        "GET, /api/v1/vms, 'Accept: text/html', 406, not-acceptable",
        "POST, /api/v1/lint, 'Content-Length: 16777217', 413, body-too-large",
        "POST, /api/v1/lint, 'Content-Type: image/png\r\nContent-Length: 0', 415, media-type-unsupported"
    })
    void answersErrorsAsProblems(String method, String path, String header, int status, String code) throws Exception {
        try (Socket socket = send(method, path, header)) {
            // Otherwise the server waits for a body before it closes the connection.
            socket.shutdownOutput();
            String response = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(response).startsWith("HTTP/1.1 " + status + " ").contains("application/problem+json");
            JsonNode problem = Rest.JSON.readTree(response.substring(response.indexOf("\r\n\r\n")));
            assertThat(problem.get("code").asText()).isEqualTo(code);
            assertThat(problem.get("status").asInt()).isEqualTo(status);
            assertThat(response.contains("Allow: ")).isEqualTo(status == 405);
        }
    }

    @Test
    void refusesALongHeadWithTheReason() throws Exception {
        HttpResponse<String> refused = rest.send(rest.request("/api/v1/hosts")
                .header("X-Long", "x".repeat(20_000))
                .build());

        assertThat(refused.statusCode()).isEqualTo(431);
        assertThat(Rest.JSON.readTree(refused.body()).get("code").asText()).isEqualTo("head-too-large");
    }

    private static Socket send(String method, String path, String header) throws IOException {
        String login =
                Base64.getEncoder().encodeToString(("admin:" + server.password()).getBytes(StandardCharsets.UTF_8));
        Socket socket = new Socket("127.0.0.1", server.httpPort);
        socket.getOutputStream()
                .write((method + " /understudy" + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                                + "X-Requested-With: itests\r\nAuthorization: Basic " + login + "\r\n" + header
                                + (header.isEmpty() ? "" : "\r\n") + "\r\n")
                        .getBytes(StandardCharsets.UTF_8));
        return socket;
    }

    @Test
    void compressesLongAnswers() throws Exception {
        HttpResponse<byte[]> response = rest.bytes(rest.request("/api/v1/openapi.json")
                .header("Accept-Encoding", "gzip")
                .build());

        assertThat(response.headers().firstValue("Content-Encoding")).hasValue("gzip");
        JsonNode document = Rest.JSON.readTree(new GZIPInputStream(new ByteArrayInputStream(response.body())));
        assertThat(document.get("openapi").asText()).startsWith("3.1");
    }

    @ParameterizedTest
    @CsvSource({"/api/v1/vms, application/json", "/api/v1/events, text/event-stream"})
    void answersHead(String path, String type) throws Exception {
        HttpResponse<String> head = rest.send(
                rest.request(path).method("HEAD", BodyPublishers.noBody()).build());

        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.headers().firstValue("Content-Type"))
                .hasValueSatisfying(value -> assertThat(value).startsWith(type));
    }

    @Test
    void streamsOccupyNoThreadsOfTheServer() throws Exception {
        List<Socket> streams = new ArrayList<>();
        try {
            for (int i = 0; i < STREAMS; i++) {
                Socket stream = send("GET", "/api/v1/events?kind=host", "");
                streams.add(stream);
                assertThat(new String(stream.getInputStream().readNBytes(12), StandardCharsets.UTF_8))
                        .isEqualTo("HTTP/1.1 200");
            }
            assertThat(rest.get("/api/v1/hosts").statusCode()).isEqualTo(200);
        } finally {
            for (Socket stream : streams) {
                stream.close();
            }
        }
    }

    @Test
    void resumesAStreamAfterALostConnection() throws Exception {
        String id;
        try (Stream<String> lines = rest.events()) {
            id = idOfReady(lines.iterator(), new ArrayList<>());
        }
        HttpResponse<Stream<String>> resumed = rest.lines(
                rest.request("/api/v1/events").header("Last-Event-ID", id).build());
        try (Stream<String> lines = resumed.body()) {
            List<String> read = new ArrayList<>();
            idOfReady(lines.iterator(), read);

            assertThat(read).doesNotContain("event: begin");
        }
    }

    /** Reads up to {@code ready}, whose ID comes first. */
    private static String idOfReady(Iterator<String> lines, List<String> read) {
        String id = "";
        while (true) {
            String line = lines.next();
            read.add(line);
            if (line.startsWith("id: ")) {
                id = line.substring("id: ".length());
            } else if (line.equals("event: ready")) {
                return id;
            }
        }
    }

    @Test
    void showsTheDescriptionOnAPageWithoutOtherOrigins() throws Exception {
        HttpResponse<String> page = rest.get("/api/");

        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.body()).contains("api.js").doesNotContain("http:", "https:");
        assertThat(page.headers().firstValue("Content-Security-Policy"))
                .hasValueSatisfying(policy -> assertThat(policy).contains("default-src 'none'"));
    }
}
