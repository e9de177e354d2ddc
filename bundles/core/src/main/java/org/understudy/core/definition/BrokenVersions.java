// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.Severity;
import org.understudy.api.spi.HostFacts;
import org.understudy.api.spi.HostFacts.Version;
import org.understudy.api.xml.PlatformXml;

/** Versions of libvirt and QEMU with a defect that affects pairs or migrations. Sources: docs/libvirt.md. */
public final class BrokenVersions {
    private static final String TCG = "tcg";
    /** QEMU before 9.0 uses another, correct code path for memory whose size is not a multiple of this. */
    private static final long TCG_BLOCK_BYTES = 256 * 1024;

    private static final Function<HostFacts, Optional<Version>> LIBVIRT = HostFacts::libvirtVersion;
    private static final Function<HostFacts, Optional<Version>> QEMU = HostFacts::qemuVersion;

    private static final List<Row> ROWS = List.of(
            new Row(
                    "libvirt",
                    LIBVIRT,
                    new Version(12, 1, 0),
                    new Version(12, 2, 0),
                    facts -> true,
                    Severity.WARNING,
                    Set.of(Role.SOURCE, Role.DESTINATION),
                    (vm, facts) -> vm.hasVf(),
                    "its daemon ends when the VF of a pair is plugged into a running VM",
                    "Update libvirt on the host to 12.2 or newer."),
            new Row(
                    "libvirt",
                    LIBVIRT,
                    new Version(11, 0, 0),
                    new Version(11, 5, 0),
                    facts -> true,
                    Severity.WARNING,
                    Set.of(Role.DESTINATION),
                    (vm, facts) -> true,
                    "a query of the definition of a VM that arrives by a migration can time out",
                    "Update libvirt on the host to 11.5 or newer."),
            new Row(
                    "QEMU",
                    QEMU,
                    new Version(11, 1, 0),
                    new Version(11, 2, 0),
                    facts -> true,
                    Severity.NOTICE,
                    Set.of(),
                    (vm, facts) -> false,
                    "its command x-query-virtio-status ends the VM; Understudy does not use it, and knows the cooperation of"
                            + " guests from events only",
                    "Use understudy:vm-show for the cooperation of a guest, and do not send x-query-virtio-status."),
            new Row(
                    "QEMU",
                    QEMU,
                    new Version(0, 0, 0),
                    new Version(9, 0, 0),
                    facts -> facts.accelerator().filter(TCG::equals).isPresent(),
                    Severity.NOTICE,
                    Set.of(Role.SOURCE),
                    (vm, facts) -> vm.isEmulated(facts) && vm.hasMemoryInWholeBlocks(),
                    "under TCG, a migration can lose memory that the guest writes during the copy, if the size of the"
                            + " memory is a multiple of 256 KiB",
                    "Update QEMU on the host to 9.0 or newer; on hosts of kind qemu, a VM with 8 KiB more memory is safe, too."));

    private BrokenVersions() {}

    /** The part of a host in a migration. */
    public enum Role {
        SOURCE,
        DESTINATION
    }

    /**
     * A VM that is to be migrated.
     *
     * @param platform its live definition; empty if it is unreadable
     * @param hasVf whether it has a pair with a VF
     */
    public record Migrant(Optional<PlatformXml> platform, boolean hasVf) {
        private boolean isEmulated(HostFacts facts) {
            return facts.accelerator().filter(TCG::equals).isPresent()
                    || platform.flatMap(PlatformXml::hypervisor)
                            .filter("qemu"::equals)
                            .isPresent();
        }

        private boolean hasMemoryInWholeBlocks() {
            return platform.stream()
                    .flatMapToLong(p -> p.memoryBytes().stream())
                    .anyMatch(bytes -> bytes % TCG_BLOCK_BYTES == 0);
        }
    }

    /**
     * One defect.
     *
     * @param from the first version that has it
     * @param until the first version that does not have it any more
     * @param onHost which hosts of these versions have it, whatever VM they run
     * @param severity for the host itself; a warning for a migration
     * @param roles in which it affects a migration
     * @param affects which VMs it affects
     */
    private record Row(
            String product,
            Function<HostFacts, Optional<Version>> version,
            Version from,
            Version until,
            Predicate<HostFacts> onHost,
            Severity severity,
            Set<Role> roles,
            BiPredicate<Migrant, HostFacts> affects,
            String problem,
            String remedy) {
        Stream<Finding> finding(HostName host, HostFacts facts, Severity as) {
            return version
                    .apply(facts)
                    .filter(v -> v.compareTo(from) >= 0 && v.compareTo(until) < 0)
                    .map(v -> Finding.of(
                                    FindingCode.VERSION_BROKEN,
                                    "host " + host,
                                    "Host %s has %s %s: %s".formatted(host, product, v, problem),
                                    remedy)
                            .as(as))
                    .stream();
        }
    }

    /** The defects of a host. */
    public static List<Finding> of(HostName host, HostFacts facts) {
        return ROWS.stream()
                .filter(row -> row.onHost().test(facts))
                .flatMap(row -> row.finding(host, facts, row.severity()))
                .toList();
    }

    /** The defects of a host that affect the migration of a VM. */
    public static List<Finding> of(HostName host, HostFacts facts, Role role, Migrant vm) {
        return ROWS.stream()
                .filter(row -> row.roles().contains(role) && row.affects().test(vm, facts))
                .flatMap(row -> row.finding(host, facts, Severity.WARNING))
                .toList();
    }
}
