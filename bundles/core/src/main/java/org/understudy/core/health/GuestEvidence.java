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

/** Collects what tells whether a guest does its part in a pair. */
final class GuestEvidence {
    /** net_failover's own device and the standby NIC below it. Source: Linux {@code net_failover.c}. */
    private static final int DEVICES_ON_STANDBY = 2;

    private final Clock clock;

    GuestEvidence(Clock clock) {
        this.clock = clock;
    }

    /** @param negotiated when QEMU told that the guest's driver took standby; empty if it did not since this server looks on */
    Cooperation of(Host host, VmName vm, Pair pair, Optional<Instant> negotiated) {
        List<Sign> signs = new ArrayList<>();
        negotiated.ifPresent(at -> signs.add(
                new Sign("event FAILOVER_NEGOTIATED", "the guest's driver took standby on " + pair.standby(), at)));
        Optional<Boolean> driver = driver(host, vm, pair, signs);
        device(host, vm, pair, signs);
        Optional<Boolean> agent = agent(host, vm, pair, signs);
        return new Cooperation(driver.or(() -> negotiated.map(at -> true)).or(() -> agent), List.copyOf(signs));
    }

    private Optional<Boolean> driver(Host host, VmName vm, Pair pair, List<Sign> to) {
        try {
            Optional<Boolean> taken = host.standbyNegotiated(vm, pair.standby());
            taken.ifPresent(yes -> sign(
                    to,
                    "QEMU, virtio status of " + pair.standby(),
                    yes ? "the guest's driver has taken standby" : "no driver of the guest has taken standby"));
            return taken;
        } catch (UnderstudyException e) {
            sign(to, "QEMU, virtio status of " + pair.standby(), "no answer: " + e.getMessage());
            return Optional.empty();
        }
    }

    private void device(Host host, VmName vm, Pair pair, List<Sign> to) {
        String says = switch (host.primaryPresence(vm, pair.primary())) {
            case ENABLED -> "the guest has enabled it";
            case PLUGGED -> "the guest has not enabled it";
            case HIDDEN -> "QEMU hides it until the guest's driver takes standby";
            case ABSENT -> "QEMU does not have it";
            case UNKNOWN -> "QEMU does not say whether it has it";
        };
        sign(to, "QEMU, PCI device " + pair.primary(), says);
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

    private void sign(List<Sign> to, String source, String says) {
        to.add(new Sign(source, says, clock.instant()));
    }
}
