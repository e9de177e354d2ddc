// SPDX-License-Identifier: Apache-2.0
package org.understudy.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.Alias;
import org.understudy.api.HostName;
import org.understudy.api.MigrationId;
import org.understudy.api.MigrationOptions;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.IncomingRequest;
import org.understudy.api.spi.PeerEndpoint;
import org.understudy.concurrent.HostExecutor;
import org.understudy.concurrent.testing.FakeTime;

/** A call to a peer may take as long as VFIO needs for the memory of its guest. */
class CallLimitTest {
    private static final VmName VM = new VmName("large");
    private static final String LARGE = "<domain><memory unit='GiB'>512</memory></domain>";

    private final HttpClient client = mock(HttpClient.class);
    private final Map<String, Duration> limits = new HashMap<>();
    private final HostExecutor executor = new HostExecutor("understudy-peer", new FakeTime());
    private Host peer;

    @BeforeEach
    void open() throws Exception {
        doAnswer(call -> answer(call.getArgument(0))).when(client).send(any(), any());
        when(client.sendAsync(any(), any())).thenReturn(new CompletableFuture<>());
        HostName name = new HostName("beta");
        PeerLink link =
                new PeerLink(client, PeerProtocol.CURRENT, URI.create("https://beta.example/"), name, "peer", "secret");
        peer = PeerHost.open(name, link, executor);
    }

    @AfterEach
    void close() {
        peer.close();
        executor.close();
    }

    private HttpResponse<String> answer(HttpRequest request) {
        String path = request.uri().getPath();
        String call = path.substring(path.lastIndexOf('/') + 1);
        limits.put(call, request.timeout().orElseThrow());
        @SuppressWarnings("unchecked")
        HttpResponse<String> response = mock(HttpResponse.class);
        when(response.statusCode()).thenReturn(200);
        when(response.headers())
                .thenReturn(HttpHeaders.of(
                        Map.of(PeerEndpoint.PROTOCOL_HEADER, List.of(PeerProtocol.CURRENT.header())), (k, v) -> true));
        when(response.body())
                .thenReturn(
                        switch (call) {
                            case "events" ->
                                PeerJson.write(new RecordedEvents.Page("e", 0, List.of()), RecordedEvents.Page.class);
                            case "definition" -> PeerJson.write(LARGE, String.class);
                            default -> "null";
                        });
        return response;
    }

    @Test
    void plugAndStartMayTakeAsLongAsTheMemoryNeeds() {
        peer.plugPrimary(VM, new Alias("ua-a"), Optional.empty());
        peer.start(VM, Map.of());
        peer.shutdown(VM);

        assertThat(List.of(limits.get("plugPrimary"), limits.get("start")))
                .allSatisfy(limit -> assertThat(limit).isGreaterThan(Duration.ofMinutes(10)));
        assertThat(limits.get("shutdown")).isEqualTo(Duration.ofSeconds(90));
    }

    @Test
    void arrivalMayTakeAsLongAsTheMemoryNeeds() {
        peer.prepareIncoming(new IncomingRequest(
                        new MigrationId("m-1"), VM, LARGE, LARGE, MigrationOptions.defaults(), Map.of()))
                .accept();

        assertThat(List.of(limits.get("prepareIncoming"), limits.get("accept")))
                .allSatisfy(limit -> assertThat(limit).isGreaterThan(Duration.ofMinutes(10)));
    }
}
