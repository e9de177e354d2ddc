// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.health;

import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.understudy.api.Cooperation;
import org.understudy.api.Cooperation.Sign;
import org.understudy.api.Pair;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.spi.GuestNic;
import org.understudy.api.spi.Host;

/** Collects the evidence whether a guest cooperates in a pair: negotiates standby and drives both NICs as one. */
final class GuestEvidence {
    /** net_failover's own device and the standby NIC below it. Source: Linux {@code net_failover.c}. */
    private static final int DEVICES_ON_STANDBY = 2;

    private final Clock clock;

    GuestEvidence(Clock clock) {
        this.clock = clock;
    }

    /** @param negotiated when QEMU reported that the guest's driver negotiated standby; empty if no such event was received */
    Cooperation of(Host host, VmName vm, Pair pair, Optional<Instant> negotiated) {
        List<Sign> signs = new ArrayList<>();
        negotiated.ifPresent(at -> signs.add(new Sign(
                "event FAILOVER_NEGOTIATED", "the guest's driver negotiated standby on " + pair.standby(), at)));
        Optional<Boolean> driver = driver(host, vm, pair, signs);
        device(host, vm, pair, signs);
        Optional<Boolean> agent = agent(host, vm, pair, signs);
        return new Cooperation(driver.or(() -> negotiated.map(at -> true)).or(() -> agent), List.copyOf(signs));
    }

    private Optional<Boolean> driver(Host host, VmName vm, Pair pair, List<Sign> to) {
        try {
            Optional<Boolean> driver = host.standbyNegotiated(vm, pair.standby());
            driver.ifPresent(yes -> sign(
                    to,
                    "QEMU, virtio status of " + pair.standby(),
                    yes ? "the guest's driver negotiated standby" : "no driver of the guest has negotiated standby"));
            return driver;
        } catch (UnderstudyException e) {
            sign(to, "QEMU, virtio status of " + pair.standby(), "did not answer: " + e.getMessage());
            return Optional.empty();
        }
    }

    private void device(Host host, VmName vm, Pair pair, List<Sign> to) {
        String text = switch (host.primaryPresence(vm, pair.primary())) {
            case ENABLED -> "the guest has enabled it";
            case PLUGGED -> "the guest has not enabled it";
            case HIDDEN -> "QEMU hides it until the guest's driver negotiates standby";
            case ABSENT -> "QEMU does not have it";
            case UNKNOWN -> "QEMU did not answer whether it has it";
        };
        sign(to, "QEMU, PCI device " + pair.primary(), text);
    }

    private Optional<Boolean> agent(Host host, VmName vm, Pair pair, List<Sign> to) {
        Optional<List<String>> names = host.guestNics(vm)
                .map(nics -> nics.stream()
                        .filter(nic -> nic.mac().equals(Optional.of(pair.mac())))
                        .map(GuestNic::name)
                        .toList());
        names.ifPresent(found -> sign(
                to,
                "guest agent",
                found.isEmpty()
                        ? "the guest has no network device with " + pair.mac()
                        : "network devices with " + pair.mac() + ": " + String.join(", ", found)));
        return names.map(found -> found.size() >= DEVICES_ON_STANDBY);
    }

    private void sign(List<Sign> to, String source, String text) {
        to.add(new Sign(source, text, clock.instant()));
    }
}
