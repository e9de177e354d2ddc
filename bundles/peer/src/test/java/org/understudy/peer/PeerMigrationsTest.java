// SPDX-License-Identifier: Apache-2.0
package org.understudy.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.HostName;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.Hosts;
import org.understudy.api.spi.OutgoingMigration;
import org.understudy.concurrent.Scheduler;

/** A migration by another server keeps its host open with its options. */
class PeerMigrationsTest {
    private static final HostName BETA = new HostName("beta");

    private final Hosts hosts = mock(Hosts.class);
    private final Host beta = mock(Host.class);
    private final Scheduler scheduler = mock(Scheduler.class);
    private final List<String> held = new ArrayList<>();
    private final List<Runnable> timers = new ArrayList<>();
    private PeerCalls calls;

    @BeforeEach
    void serve() {
        when(hosts.host(BETA)).thenReturn(beta);
        when(beta.outgoing(any())).thenReturn(Optional.of(mock(OutgoingMigration.class)));
        when(hosts.hold(any(), any())).thenAnswer(call -> {
            String work = call.getArgument(1);
            held.add(work);
            return once(() -> held.remove(work));
        });
        when(scheduler.after(any(), any())).thenAnswer(call -> {
            Runnable timer = call.getArgument(1);
            timers.add(timer);
            return (Subscription) () -> timers.remove(timer);
        });
        calls = new PeerCalls(hosts, PeerProtocol.CURRENT, scheduler);
    }

    private static Subscription once(Runnable ending) {
        boolean[] ended = {false};
        return () -> {
            if (!ended[0]) {
                ended[0] = true;
                ending.run();
            }
        };
    }

    private void call(String path) {
        calls.call(Optional.of(PeerProtocol.CURRENT.header()), BETA, path, "[]");
    }

    @Test
    void eachCallOfAMigrationKeepsTheHostForAnotherMinute() {
        call("outgoing/web1/cancel");
        call("outgoing/web1/cancel");

        assertThat(held).containsExactly("a migration by another server");
        assertThat(timers).hasSize(1);

        timers.get(0).run();

        assertThat(held).isEmpty();
    }

    @Test
    void otherCallsKeepNothing() {
        call("vms");

        assertThat(held).isEmpty();
    }

    /** Peers ask so whether there is a migration. */
    @Test
    void callOfAMigrationThatDoesNotExistKeepsNothing() {
        when(beta.outgoing(any())).thenReturn(Optional.empty());

        assertThatThrownBy(() -> call("outgoing/web1/progress")).isInstanceOf(UnderstudyException.class);

        assertThat(held).isEmpty();
    }

    @Test
    void endOfThisServerReleasesTheHost() {
        call("outgoing/web1/cancel");

        calls.deactivate();

        assertThat(held).isEmpty();
        assertThat(timers).isEmpty();
    }
}
