// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.RETURNS_MOCKS;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.api.Migrations;
import org.understudy.api.PairHealth;
import org.understudy.api.Pairs;
import org.understudy.api.Policies;
import org.understudy.api.Subscription;
import org.understudy.concurrent.testing.FakeScheduler;
import org.understudy.json.RecordJson;
import org.understudy.web.access.StreamWatch;

/** Streams of events in an HTTP server. */
@Timeout(60)
class EventServerTest {
    private static final String EVENTS = "/understudy/api/v1/events";

    private final FakeInventory inventory = new FakeInventory();
    private final FakeScheduler time = new FakeScheduler();
    private final List<Reader> readers = new ArrayList<>();
    private EventHub hub;
    private WebServer server;

    @BeforeEach
    void start() throws Exception {
        Migrations migrations = mock(Migrations.class);
        Pairs pairs = mock(Pairs.class);
        when(migrations.listen(any())).thenReturn(mock(Subscription.class));
        when(pairs.listen(any())).thenReturn(mock(Subscription.class));
        hub = new EventHub(new RecordJson(), mock(Policies.class), inventory, pairs, migrations, time);
        server = new WebServer()
                .with(
                        "/api/v1/events",
                        new EventServlet(new RecordJson(), hub, mock(StreamWatch.class, RETURNS_MOCKS)));
        inventory.putHost("alpha");
        inventory.put(Things.vm(1, Things.ALPHA, PairHealth.ACTIVE));
    }

    @AfterEach
    void stop() throws Exception {
        for (Reader reader : readers) {
            reader.close();
        }
        hub.deactivate();
        server.close();
    }

    /** A client of one stream. */
    private final class Reader implements AutoCloseable {
        private final Socket socket;
        private final BufferedReader lines;
        private String id = "";

        Reader(String query, String... headers) throws IOException {
            socket = server.connect();
            socket.getOutputStream()
                    .write(("GET " + EVENTS + query + " HTTP/1.0\r\nHost: x\r\n" + String.join("\r\n", headers)
                                    + (headers.length > 0 ? "\r\n" : "") + "\r\n")
                            .getBytes(StandardCharsets.UTF_8));
            lines = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            readers.add(this);
        }

        /** The lines up to the one that begins so. */
        List<String> readTo(String start) throws IOException {
            List<String> read = new ArrayList<>();
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                read.add(line);
                if (line.startsWith("id: ")) {
                    id = line.substring("id: ".length());
                }
                if (line.startsWith(start)) {
                    return read;
                }
            }
            throw new AssertionError("the stream ended after " + read);
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    @Test
    void sendsTheStateThenEachChange() throws Exception {
        Reader reader = new Reader("");

        assertThat(reader.readTo("event: ready"))
                .contains("event: begin", "event: host", "event: vm")
                .anyMatch(line -> line.startsWith("HTTP/1.1 200"))
                .anyMatch(line -> line.toLowerCase().startsWith("content-type: text/event-stream"));
        inventory.put(Things.vm(1, Things.ALPHA, PairHealth.ON_STANDBY));
        List<String> change = reader.readTo("data: {\"key\":\"alpha/");
        assertThat(String.join("\n", change))
                .contains("event: vm", "on-standby")
                .hasSizeLessThan(2000);
    }

    @Test
    void sendsAFleetAndThenAChangeOfOneVmInLessThan2kB() throws Exception {
        for (int i = 0; i < 20_000; i++) {
            inventory.put(Things.vm(i, Things.ALPHA, PairHealth.ACTIVE));
        }
        Reader reader = new Reader("");
        assertThat(reader.readTo("event: ready"))
                .filteredOn(line -> line.equals("event: vm"))
                .hasSize(20_000);

        inventory.put(Things.vm(7, Things.ALPHA, PairHealth.ON_STANDBY));

        List<String> change = reader.readTo("data: {\"key\":\"alpha/");
        assertThat(String.join("\n", change)).contains("on-standby").hasSizeLessThan(2000);
    }

    @Test
    void resumesAfterALostConnection() throws Exception {
        Reader lost = new Reader("");
        lost.readTo("event: ready");
        lost.close();
        inventory.put(Things.vm(1, Things.ALPHA, PairHealth.ON_STANDBY));

        Reader resumed = new Reader("", "Last-Event-ID: " + lost.id);
        assertThat(resumed.readTo("event: ready")).contains("event: vm").doesNotContain("event: begin", "event: host");
        Reader bySince = new Reader("?since=" + lost.id);
        assertThat(bySince.readTo("event: ready")).doesNotContain("event: begin");
    }

    @Test
    void servesFiveHundredViewersWithoutAThreadForEach() throws Exception {
        List<Reader> viewers = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            viewers.add(new Reader("?kind=vm"));
        }
        for (Reader viewer : viewers) {
            viewer.readTo("event: ready");
        }

        inventory.put(Things.vm(1, Things.ALPHA, PairHealth.ON_STANDBY));

        for (Reader viewer : viewers) {
            assertThat(viewer.readTo("data: {\"key\":\"alpha/")).contains("event: vm");
        }
        Reader refused = new Reader("");
        assertThat(refused.readTo("{")).anyMatch(line -> line.startsWith("HTTP/1.1 429"));
        viewers.get(0).close();
        await().until(() -> {
            time.advance(Duration.ofSeconds(10));
            return hub.size() < 500;
        });
    }

    @Test
    void endsTheResponsesWithTheStreams() throws Exception {
        Reader reader = new Reader("");
        reader.readTo("event: ready");

        hub.deactivate();

        while (reader.lines.readLine() != null) {
            // What was sent before the end.
        }
        await().until(() -> hub.size() == 0);
    }

    @Test
    void delaysNoOtherClientWhileOneDoesNotRead() throws Exception {
        Reader idle = new Reader("");
        Reader reader = new Reader("?kind=vm");
        reader.readTo("event: ready");

        // More than the buffers of an idle client take.
        for (int round = 0; round < 20; round++) {
            for (int i = 0; i < 1000; i++) {
                inventory.put(Things.vm(i, Things.ALPHA, PairHealth.ON_STANDBY));
            }
        }
        inventory.put(Things.vm(2000, Things.ALPHA, PairHealth.FAULT));

        reader.readTo("data: {\"key\":\"alpha/" + Things.uuid(2000));
        idle.readTo("data: {\"key\":\"alpha/" + Things.uuid(2000));
    }

    @Test
    void answersHeadWithoutAStream() throws Exception {
        HttpResponse<String> head =
                server.send(server.request("/api/v1/events").method("HEAD", BodyPublishers.noBody()));

        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.headers().firstValue("Content-Type").orElse("")).startsWith("text/event-stream");
        assertThat(hub.size()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"GET, ?kind=vms, 400", "GET, ?vm=web9, 404", "GET, ?vm=, 200", "POST, '', 405"})
    void refusesAWrongRequest(String method, String query, int status) throws Exception {
        if (status == 200) {
            new Reader(query).readTo("event: ready");
        } else {
            assertThat(server.change(method, "/api/v1/events" + query, "").statusCode())
                    .isEqualTo(status);
        }
    }
}
