// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.health;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.understudy.api.Pair;
import org.understudy.api.PairHealth;
import org.understudy.api.VfState;
import org.understudy.api.VfView;
import org.understudy.api.spi.Host;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.inventory.ShownPairs;

/** One pair of a running VM. Called only by tasks of its host, unless a method states otherwise. */
final class TrackedPair {
    private final Host host;
    private volatile PairView view;
    private volatile PairHealth health = PairHealth.OFF;
    private volatile Details details = new Details("", "", false);
    private long pollSince;
    private boolean polling;
    /** Why its VF cannot be used; empty while it can. If present, the state in QEMU is ignored. */
    private Optional<String> vfLost = Optional.empty();

    private volatile Optional<Instant> negotiated = Optional.empty();
    /** How its VF differs from what the pair needs; empty if it does not. */
    private volatile Optional<String> misconfigured = Optional.empty();

    /**
     * What is shown beside the health.
     *
     * @param cause the part of the text that the host reported: why the primary is missing
     * @param lacksCause whether the host did not answer that yet
     */
    private record Details(String text, String cause, boolean lacksCause) {}

    TrackedPair(Host host, PairView view) {
        this.host = host;
        this.view = view;
    }

    /** The live and the stored definition differ, and the primary may be in only one of them. */
    TrackedPair with(PairView other) {
        view = other;
        return this;
    }

    Host host() {
        return host;
    }

    /** For any thread. */
    PairView view() {
        return view;
    }

    /** For any thread. */
    PairHealth health() {
        return health;
    }

    /** The API view. For any thread. */
    Pair shown() {
        return ShownPairs.pair(view, health, details.text());
    }

    /** For any thread. */
    boolean lacksPrimary() {
        return lacksPrimary(health);
    }

    static boolean lacksPrimary(PairHealth health) {
        return health == PairHealth.ON_STANDBY || health == PairHealth.FAULT;
    }

    /** True in a health that can change without an event. */
    boolean changesWithoutEvent() {
        return health == PairHealth.PARTIAL || health == PairHealth.HIDDEN;
    }

    void setHealth(PairHealth next, String cause) {
        details = new Details(cause, "", false);
        health = next;
    }

    /** Shows a note in place of the former one, and behind the cause that the host reported. */
    void annotate(String note) {
        if (lacksPrimary() && vfLost.isEmpty()) {
            String cause = details.cause();
            details = new Details(cause.isEmpty() ? note : cause + " " + note, cause, false);
        }
    }

    /** Shows why the primary is missing, as the host reported it. */
    void explain(String cause) {
        if (lacksPrimary() && vfLost.isEmpty()) {
            details = new Details(cause, cause, false);
        }
    }

    /** The cause of the missing primary is to be read again, until the health changes or the pair has another note. */
    void awaitCause() {
        details = new Details(details.text(), details.cause(), true);
    }

    boolean lacksCause() {
        return details.lacksCause();
    }

    /** When the guest's driver negotiated standby, if the event was received. For any thread. */
    Optional<Instant> negotiated() {
        return negotiated;
    }

    void setNegotiated(Optional<Instant> at) {
        negotiated = at;
    }

    /** True if the health follows from events and polls: the pair is not being removed, and its VF can be used. */
    boolean followsQemu() {
        return health != PairHealth.PENDING_RESTART && vfLost.isEmpty();
    }

    Optional<String> vfLost() {
        return vfLost;
    }

    void setVfLost(Optional<String> reason) {
        vfLost = reason;
    }

    /**
     * Why a VF cannot be used; empty if it can. A VF is set up again before QEMU gets it, so its settings count only while a
     * guest uses it.
     *
     * @param poolVlan the VLAN that the pool gives a VF whose pair requests none; 0 for none
     */
    Optional<String> checkVf(VfView vf, int poolVlan) {
        misconfigured = health == PairHealth.ACTIVE || misconfigured.isPresent()
                ? misconfiguration(view, vf, poolVlan)
                : Optional.empty();
        return vf.state() == VfState.FAULT
                ? Optional.of("VF " + vf.address() + ": " + vf.reason())
                : misconfigured.map(problem -> "VF " + vf.address() + " " + problem);
    }

    private static Optional<String> misconfiguration(PairView pair, VfView vf, int poolVlan) {
        if (vf.mac().filter(mac -> !mac.equals(pair.mac())).isPresent()
                && !pair.policy().trusted()) {
            return Optional.of("has MAC " + vf.mac().get() + ", the pair needs " + pair.mac());
        }
        int vlan = pair.vlan() == 0 ? poolVlan : pair.vlan();
        return vf.vlan().isPresent() && vf.vlan().getAsInt() != vlan
                ? Optional.of("has VLAN " + vf.vlan().getAsInt() + ", the pair needs " + vlan)
                : Optional.empty();
    }

    /** Whether its VF differs from what the pair needs. For any thread. */
    boolean isMisconfigured() {
        return misconfigured.isPresent();
    }

    /** Returns true if no poll is scheduled yet, so that the caller schedules one. */
    boolean startPolling(long nanos) {
        pollSince = nanos;
        boolean first = !polling;
        polling = true;
        return first;
    }

    void stopPolling() {
        polling = false;
    }

    /** Continues the polling that started at the last change. */
    void continuePolling() {
        polling = true;
    }

    /** Whether a time has passed since polling started. */
    boolean isPolledFor(Duration time, long nanos) {
        return nanos - pollSince >= time.toNanos();
    }
}
