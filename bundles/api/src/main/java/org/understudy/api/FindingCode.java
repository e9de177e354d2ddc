// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.Locale;

/**
 * The kinds of findings. The number is the linter rule of docs/rules.md, 0 for a finding that is no linter rule; the
 * id used in JSON, REST and the shell is the name in lower case with hyphens.
 */
public enum FindingCode {
    // Linter: what a pair must satisfy.
    MACHINE_WITHOUT_PCIE(1, Severity.ERROR),
    MAC_MISMATCH(2, Severity.ERROR),
    MAC_NOT_UNICAST(2, Severity.ERROR),
    ALIAS_UNKNOWN(3, Severity.ERROR),
    ALIAS_NOT_PERSISTENT(4, Severity.ERROR),
    STANDBY_SHARED(5, Severity.ERROR),
    ALIAS_NOT_KEPT(6, Severity.ERROR),
    PRIMARY_NOT_ALONE_IN_SLOT(7, Severity.ERROR),
    PRIMARY_ON_ROOT_BUS(8, Severity.ERROR),
    ROOT_PORT_WITHOUT_HOTPLUG(9, Severity.ERROR),
    STANDBY_NOT_VIRTIO(10, Severity.ERROR),
    PRIMARY_NOT_PASSED_THROUGH(10, Severity.ERROR),
    OPTION_ROM_ON(11, Severity.WARNING),
    VF_SETTINGS_DIFFER(12, Severity.WARNING),
    POOL_MISSING_ON_HOST(13, Severity.ERROR),
    VF_NOT_SET_UP(12, Severity.WARNING),
    NETWORK_MISSING_ON_HOST(13, Severity.ERROR),
    STANDBY_ABOVE_OWN_PF(14, Severity.WARNING),
    QEMU_TOO_OLD(15, Severity.ERROR),
    LIBVIRT_TOO_OLD(15, Severity.ERROR),
    IOMMU_OFF(15, Severity.ERROR),
    IOMMU_GROUP_SHARED(15, Severity.ERROR),
    VF_NOT_FREE(16, Severity.ERROR),
    DUPLICATE_MAC(16, Severity.ERROR),
    NATIVE_MIGRATION_LOST(17, Severity.NOTICE),
    PAIR_HALF_MISSING(18, Severity.WARNING),

    // Planner: why a pair cannot be made as asked.
    NIC_NOT_FOUND(0, Severity.ERROR),
    NIC_AMBIGUOUS(0, Severity.ERROR),
    NIC_NOT_SUITABLE(0, Severity.ERROR),
    PAIR_DIFFERS(0, Severity.ERROR),
    PAIR_REQUEST_CONTRADICTORY(0, Severity.ERROR),
    MACHINE_CHANGE_NEEDS_CONSENT(0, Severity.ERROR),
    PLATFORM_WITHOUT_FAILOVER(0, Severity.ERROR),
    POOL_UNKNOWN(0, Severity.ERROR),
    POOL_EXHAUSTED(0, Severity.ERROR),
    POOL_NOT_SERVED(0, Severity.ERROR),
    NO_PCIE_SLOT_LEFT(0, Severity.ERROR),
    LIVE_CHANGE_REFUSED(0, Severity.WARNING),
    RESTORE_IMPOSSIBLE(0, Severity.ERROR),
    EMULATED_PRIMARY(0, Severity.WARNING),
    EMULATED_PRIMARY_NOT_ALLOWED(0, Severity.ERROR),

    // Hosts: what a definition asks for that is not provided, or not kept.
    DEFINITION_UNSUPPORTED(0, Severity.ERROR),
    DEFINITION_INCOMPLETE(0, Severity.ERROR),
    DEFINITION_ALTERED(0, Severity.ERROR),
    ACCELERATOR_FALLBACK(0, Severity.WARNING),
    MACHINE_TYPE_UNKNOWN(0, Severity.ERROR),

    // Preflight and guard of a migration.
    VM_NOT_MIGRATABLE(0, Severity.ERROR),
    SAME_HOST(0, Severity.ERROR),
    HOST_UNAVAILABLE(0, Severity.ERROR),
    DESTINATION_INCOMPATIBLE(0, Severity.ERROR),
    GUEST_REBOOTING(0, Severity.ERROR),
    SETTLING(0, Severity.ERROR),
    EJECT_PENDING(0, Severity.ERROR),
    STANDBY_NOT_NEGOTIATED(0, Severity.WARNING),
    PRIMARY_ABSENT(0, Severity.WARNING),
    DETOUR_FAILED(0, Severity.WARNING),
    PRIMARY_NOT_RELEASED(0, Severity.ERROR),
    PRIMARY_NOT_RETURNED(0, Severity.WARNING),
    VM_SILENT(0, Severity.ERROR),
    NO_GAP_PROBE(0, Severity.NOTICE),
    OPTION_NOT_USABLE(0, Severity.ERROR),
    MIGRATION_FAILED(0, Severity.ERROR),
    STEP_DEADLINE_EXCEEDED(0, Severity.ERROR),
    UNDO_FAILED(0, Severity.ERROR),
    GUEST_NOT_RUNNING(0, Severity.ERROR),

    // Managers that ask before they act.
    VETOED(0, Severity.ERROR),
    CONTRIBUTOR_FAILED(0, Severity.WARNING),

    // Doctor: this server and its hosts.
    JAVA_UNSUPPORTED(0, Severity.ERROR),
    QEMU_MISSING(0, Severity.ERROR),
    BRIDGE_UNAVAILABLE(0, Severity.WARNING),
    NIC_ACCESS_LIMITED(0, Severity.WARNING),
    POOL_WITHOUT_VFS(0, Severity.WARNING),
    POOLS_OVERLAP(0, Severity.WARNING),
    VF_FAULT(0, Severity.WARNING),
    NETWORK_NOT_KEPT(0, Severity.WARNING),
    VFIO_UNAVAILABLE(0, Severity.WARNING),
    MONITOR_SILENT(0, Severity.WARNING),
    PEER_UNREACHABLE(0, Severity.NOTICE),
    CONFIGURATION_REJECTED(0, Severity.ERROR),
    STATE_INCONSISTENT(0, Severity.ERROR),
    HEALTHY(0, Severity.NOTICE);

    private final int rule;
    private final Severity severity;

    FindingCode(int rule, Severity severity) {
        this.rule = rule;
        this.severity = severity;
    }

    /** The number of the linter rule, or 0. */
    public int rule() {
        return rule;
    }

    /** The severity a finding of this kind usually has. */
    public Severity severity() {
        return severity;
    }

    /** The stable id, such as {@code mac-mismatch}. */
    public String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
