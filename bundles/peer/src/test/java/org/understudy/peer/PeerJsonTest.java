// SPDX-License-Identifier: Apache-2.0
package org.understudy.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.understudy.api.MigrationOptions;
import org.understudy.api.ProbeTarget;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.api.spi.OutgoingMigration;
import org.understudy.json.testing.Samples;

class PeerJsonTest {
    private static final Set<String> NOT_SENT = Set.of(
            "name",
            "definitions",
            "subscribe",
            "close",
            "incoming",
            "outgoing",
            "findByUuid",
            "outage",
            "listenForOutages",
            "marksQueriedVms");
    private static final Set<String> NO_RESULT = Set.of("prepareIncoming", "startOutgoing");

    private final List<String> lines = new ArrayList<>();

    /** Servers of two versions exchange this text: changing it needs a new protocol version. */
    @Test
    void writesEveryCallEventAndProbeByteForByteAsBeforeAndReadsItBack() throws IOException {
        for (Samples samples : Samples.values()) {
            for (Class<?> type : List.of(Host.class, IncomingMigration.class, OutgoingMigration.class)) {
                Arrays.stream(type.getMethods())
                        .filter(m -> !NOT_SENT.contains(m.getName()))
                        .sorted(Comparator.comparing(Method::getName))
                        .forEach(m -> exchange(samples, m));
            }
            for (Class<?> event : HostEvent.class.getPermittedSubclasses()) {
                HostEvent sample = (HostEvent) samples.of(event);
                exchange(RecordedEvents.Page.class, new RecordedEvents.Page("epoch", 8, List.of(sample)));
            }
            for (Class<?> probe : ProbeTarget.class.getPermittedSubclasses()) {
                ProbeTarget sample = (ProbeTarget) samples.of(probe);
                exchange(MigrationOptions.class, MigrationOptions.defaults().withProbe(sample));
            }
            exchange(PeerHost.Poll.class, samples.of(PeerHost.Poll.class));
        }

        try (InputStream before = PeerJsonTest.class.getResourceAsStream("protocol.txt")) {
            assertThat(lines).containsExactly(new String(before.readAllBytes(), StandardCharsets.UTF_8).split("\n"));
        }
    }

    private void exchange(Samples samples, Method method) {
        Object[] arguments = Arrays.stream(method.getGenericParameterTypes())
                .map(samples::of)
                .toArray();
        String json = PeerJson.writeArguments(method, arguments);
        lines.add(method.getName() + " " + json);
        assertThat(PeerJson.readArguments(method, json)).isEqualTo(arguments);
        if (method.getReturnType() != void.class && !NO_RESULT.contains(method.getName())) {
            exchange(method.getGenericReturnType(), samples.of(method.getGenericReturnType()));
        }
    }

    private void exchange(Type type, Object value) {
        String json = PeerJson.write(value, type);
        lines.add(type.getTypeName() + " " + json);
        assertThat(PeerJson.read(json, type)).isEqualTo(value);
    }

    @Test
    void refusesAResponseWithAnUnknownKey() {
        assertThat(PeerJson.read("{\"epoch\":\"a\",\"position\":1}", PeerHost.Poll.class))
                .isEqualTo(new PeerHost.Poll("a", 1));
        assertThatThrownBy(
                        () -> PeerJson.read("{\"epoch\":\"a\",\"position\":1,\"further\":true}", PeerHost.Poll.class))
                .isInstanceOf(UnderstudyException.class)
                .hasMessageContaining("further");
    }

    @Test
    void readsAMissingOptionalAsEmpty() {
        PeerLink.Problem problem = (PeerLink.Problem)
                PeerJson.read("{\"code\":\"conflict\",\"detail\":\"x\",\"title\":\"y\"}", PeerLink.Problem.class);

        assertThat(problem).isEqualTo(new PeerLink.Problem("conflict", "x"));
        assertThat(PeerJson.read("null", optionalOfText())).isEqualTo(Optional.empty());
    }

    private static Type optionalOfText() {
        return Arrays.stream(Host.class.getMethods())
                .filter(m -> m.getName().equals("liveDefinition"))
                .findFirst()
                .orElseThrow()
                .getGenericReturnType();
    }
}
