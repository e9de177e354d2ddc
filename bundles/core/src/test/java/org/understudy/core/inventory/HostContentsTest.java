// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.HostName;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.HostedVm;
import org.understudy.core.testing.FakeDefinitionHost;

class HostContentsTest {
    private static final HostName ALPHA = new HostName("alpha");
    private static final VmName WEB1 = new VmName("web1");
    private static final Instant START = Instant.parse("2026-11-01T10:00:00Z");
    private static final UnansweredHost SILENT = new UnansweredHost(ALPHA, "did not answer", Optional.empty());

    private final FakeDefinitionHost former = new FakeDefinitionHost("alpha");
    private final FakeDefinitionHost next = new FakeDefinitionHost("alpha");
    private final HostContents contents = new HostContents(ALPHA);

    @BeforeEach
    void follow() {
        contents.follow(Optional.of(former), START);
    }

    private static Map<VmName, VmReading> web1() {
        return Map.of(WEB1, VmReading.withoutDefinition(new HostedVm(WEB1, new UUID(1, 2), VmState.RUNNING, "")));
    }

    @Test
    void readsTheFactsOfAHostThatWasOpenedAgainAnew() {
        contents.facts(Optional.of(former.facts()), Optional.empty());
        assertThat(contents.hasFacts()).isTrue();

        contents.follow(Optional.of(next), START);

        assertThat(contents.hasFacts()).isFalse();
        assertThat(contents.facts()).isEmpty();
    }

    @Test
    void whatIsKnownOfAHostThatWasOpenedAgainIsStaleUntilItIsReadAnew() {
        contents.read(web1(), Optional.empty(), START);
        assertThat(contents.reachability().staleSince()).isEmpty();

        contents.follow(Optional.of(next), START.plusSeconds(1));
        assertThat(contents.reachability().staleSince()).contains(START.plusSeconds(1));

        contents.read(Map.of(), Optional.of(SILENT), START.plusSeconds(2));
        assertThat(contents.reachability().staleSince()).contains(START.plusSeconds(1));
        assertThat(contents.vms()).hasSize(1);

        contents.read(Map.of(), Optional.empty(), START.plusSeconds(3));
        assertThat(contents.reachability().staleSince()).isEmpty();
        assertThat(contents.vms()).isEmpty();
    }

    @Test
    void theVmsOfAHostThatStoppedToAnswerDuringItsFirstReadingAreStale() {
        contents.read(web1(), Optional.of(SILENT), START);

        assertThat(contents.vms()).hasSize(1);
        assertThat(contents.reachability().staleSince()).contains(START);
    }
}
