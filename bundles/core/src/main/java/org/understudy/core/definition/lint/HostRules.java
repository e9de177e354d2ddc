// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.Severity;
import org.understudy.api.spi.HostFacts;
import org.understudy.api.spi.HostFacts.Version;

/** Rules 13 and 15: conditions on the host and the configuration. */
final class HostRules {
    private HostRules() {}

    static List<Rule> all() {
        return List.of(
                HostRules::pools,
                HostRules::hostNetworks,
                HostRules::bridges,
                HostRules::networks,
                HostRules::versions,
                HostRules::iommu);
    }

    private static void pools(LintSubject subject, Consumer<Finding> findings) {
        if (subject.context().policy().isEmpty()) {
            return;
        }
        subject.primaries().stream()
                .filter(primary -> PrimarySource.of(subject, primary) == PrimarySource.UNKNOWN)
                .forEach(primary -> findings.accept(missing(subject, primary)));
    }

    /** A warning while the host is unknown, because it may have a network of this name. */
    private static Finding missing(LintSubject subject, NicElement primary) {
        boolean known = subject.context().host().isPresent();
        Finding finding = Finding.of(
                FindingCode.POOL_MISSING_ON_HOST,
                subject.subject(primary),
                primary.title() + " takes its VF from "
                        + DisplayText.quoted(primary.source("network").orElse(""))
                        + ", but the configuration has no such pool"
                        + (known ? " and the host has no such network" : ""),
                "Use a pool of etc/understudy.yaml, or add this pool there.");
        return known ? finding : finding.as(Severity.WARNING);
    }

    /** libvirt sets only MAC and VLAN of such a VF. */
    private static void hostNetworks(LintSubject subject, Consumer<Finding> findings) {
        Set<String> networks =
                subject.context().host().map(HostFacts::vfNetworks).orElse(Set.of());
        subject.primaries().stream()
                .filter(primary -> PrimarySource.pool(subject, primary)
                        .filter(pool ->
                                (pool.selectors().isEmpty() || pool.network().orElse(false))
                                        && networks.contains(pool.name().value()))
                        .isPresent())
                .forEach(primary -> findings.accept(Finding.of(
                        FindingCode.VF_NOT_SET_UP,
                        subject.subject(primary),
                        primary.title() + " takes its VF from the network "
                                + DisplayText.quoted(primary.source("network").orElse(""))
                                + " of the host; trust, spoof check and link state of the VF are not set, and frames are lost"
                                + " while the guest uses its standby NIC during a migration",
                        "Add the VFs as a pool to etc/understudy.yaml, or configure these settings on each host.")));
    }

    private static void bridges(LintSubject subject, Consumer<Finding> findings) {
        Optional<Set<String>> bridges = subject.context().host().flatMap(HostFacts::bridges);
        if (bridges.isEmpty()) {
            return;
        }
        for (NicElement standby : subject.standbys()) {
            bridge(subject, standby)
                    .filter(name -> !bridges.get().contains(name))
                    .ifPresent(name -> findings.accept(missing(subject, standby, "bridge", name)));
        }
    }

    /** Networks of libvirt; on other hosts a network is a bridge of this name. */
    private static void networks(LintSubject subject, Consumer<Finding> findings) {
        Optional<Set<String>> networks = subject.context().host().flatMap(HostFacts::networks);
        if (networks.isPresent()) {
            subject.standbys().stream()
                    .filter(standby -> standby.isInterface("network"))
                    .forEach(standby -> standby.source("network")
                            .filter(name -> !networks.get().contains(name))
                            .ifPresent(name -> findings.accept(missing(subject, standby, "network", name))));
        }
    }

    private static Finding missing(LintSubject subject, NicElement standby, String what, String name) {
        return Finding.of(
                FindingCode.NETWORK_MISSING_ON_HOST,
                subject.subject(standby),
                standby.title() + " is attached to the " + what + " " + DisplayText.quoted(name) + ", which "
                        + (subject.context().source().isPresent() ? "the destination" : "the host") + " does not have",
                "Create the " + what + " on that host, or attach the standby NIC to another one.");
    }

    /** The bridge that a standby NIC needs on each host; for a network, only if the source has a bridge of this name. */
    private static Optional<String> bridge(LintSubject subject, NicElement standby) {
        if (standby.isInterface("bridge")) {
            return standby.source("bridge");
        }
        Optional<Set<String>> onSource = subject.context().source().flatMap(HostFacts::bridges);
        return standby.isInterface("network")
                ? standby.source("network")
                        .filter(name -> onSource.filter(b -> b.contains(name)).isPresent())
                : Optional.empty();
    }

    // Source: QEMU 4.2 and libvirt 6.1 release notes (failover, teaming); libvirt 7.1 for teaming in <hostdev>.
    private static void versions(LintSubject subject, Consumer<Finding> findings) {
        Optional<HostFacts> host = subject.context().host();
        if (subject.primaries().isEmpty()) {
            return;
        }
        host.flatMap(HostFacts::qemuVersion)
                .filter(v -> !v.atLeast(4, 2))
                .ifPresent(v -> findings.accept(
                        tooOld(FindingCode.QEMU_TOO_OLD, subject, "QEMU", v, "4.2", "a failover pair")));
        host.flatMap(HostFacts::libvirtVersion).ifPresent(v -> {
            boolean plain = subject.primaries().stream().anyMatch(primary -> !primary.isInterface());
            if (!v.atLeast(6, 1)) {
                findings.accept(tooOld(FindingCode.LIBVIRT_TOO_OLD, subject, "libvirt", v, "6.1", "a failover pair"));
            } else if (plain && !v.atLeast(7, 1)) {
                findings.accept(tooOld(
                        FindingCode.LIBVIRT_TOO_OLD, subject, "libvirt", v, "7.1", "teaming in a plain <hostdev>"));
            }
        });
    }

    private static Finding tooOld(
            FindingCode code, LintSubject subject, String what, Version has, String needs, String reason) {
        return Finding.of(
                code,
                subject.vm(),
                "Host of " + subject.vmTitle() + " has " + what + " " + has + ", but " + reason + " requires " + needs,
                "Update " + what + " on the host to " + needs + " or newer.");
    }

    private static void iommu(LintSubject subject, Consumer<Finding> findings) {
        boolean off = subject.context()
                .host()
                .flatMap(HostFacts::iommu)
                .filter(on -> !on)
                .isPresent();
        if (!off) {
            return;
        }
        subject.primaries().stream()
                .filter(primary -> PrimarySource.of(subject, primary) == PrimarySource.PASSED_THROUGH)
                .forEach(primary -> findings.accept(Finding.of(
                        FindingCode.IOMMU_OFF,
                        subject.subject(primary),
                        primary.title() + " is a VF, but the IOMMU of the host is off",
                        "Enable VT-d or AMD-Vi in the firmware and, on Intel, boot with intel_iommu=on.")));
    }
}
