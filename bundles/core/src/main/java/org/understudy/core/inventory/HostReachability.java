// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import java.time.Instant;
import java.util.Optional;
import org.understudy.api.HostName;
import org.understudy.api.spi.Host;

/** Whether a host is open and answers, and since when it does not. Guarded by the lock of the inventory. */
final class HostReachability {
    private final HostName name;
    private Optional<Host> host = Optional.empty();
    private Optional<UnansweredHost> trouble = Optional.empty();
    private Optional<UnansweredHost> factsTrouble = Optional.empty();
    private Optional<Instant> staleSince = Optional.empty();
    private boolean followed;
    private boolean answered;

    HostReachability(HostName name) {
        this.name = name;
    }

    /**
     * What was read of a host that is closed, or was opened again, is stale until it is read anew.
     *
     * @return whether it was opened again
     */
    boolean follow(Optional<Host> open, Instant at) {
        if (followed && open.equals(host)) {
            return false;
        }
        followed = true;
        host = open;
        if (open.isEmpty()) {
            lost(new UnansweredHost(name, "is not open", Optional.empty()), false, at);
            return false;
        }
        if (answered) {
            staleSince = staleSince.or(() -> Optional.of(at));
        }
        answered = false;
        trouble = Optional.empty();
        factsTrouble = Optional.empty();
        return true;
    }

    /** All VMs were read. */
    void answered() {
        answered = true;
        trouble = Optional.empty();
        staleSince = Optional.empty();
    }

    /**
     * The host was closed, or does not answer.
     *
     * @param partly whether some of its VMs were read
     */
    void lost(UnansweredHost why, boolean partly, Instant at) {
        trouble = Optional.of(why);
        if (answered || partly) {
            staleSince = staleSince.or(() -> Optional.of(at));
        }
    }

    /** @param why empty if the facts were read */
    void factsRead(Optional<UnansweredHost> why) {
        factsTrouble = why;
    }

    /** Whether its VMs were read, or it did not answer. */
    boolean isRead() {
        return answered || trouble.isPresent();
    }

    /** Why the VMs are unknown or stale; empty while they are current. */
    Optional<UnansweredHost> trouble() {
        return answered || trouble.isPresent()
                ? trouble
                : Optional.of(new UnansweredHost(name, "has not been read yet", Optional.empty()));
    }

    /** Why the host does not answer, or does not report its facts; empty also for one that was not read yet. */
    Optional<UnansweredHost> anyTrouble() {
        return trouble.or(() -> factsTrouble);
    }

    Optional<Instant> staleSince() {
        return staleSince;
    }
}
