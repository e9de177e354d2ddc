// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.Locale;

/**
 * The kinds of findings. The number is the linter rule of docs/rules.md, 0 for a finding that is no linter rule; the
 * id used in JSON, REST and the shell is the name in lower case with hyphens.
 */
public enum FindingCode {
    // Linter: what a pair must satisfy.
    /** The machine has no PCIe slots, which a primary needs. */
    MACHINE_WITHOUT_PCIE(1, Severity.ERROR),
    /** The primary and the standby NIC have different MAC addresses. */
    MAC_MISMATCH(2, Severity.ERROR),
    /** The MAC address of the pair is a group address or all zeros. */
    MAC_NOT_UNICAST(2, Severity.ERROR),
    /** The MAC address of a pair has a form that libvirt refuses. */
    MAC_INVALID(2, Severity.ERROR),
    /** The primary names an alias that the definition does not have. */
    ALIAS_UNKNOWN(3, Severity.ERROR),
    /** The alias that the primary names is not that of a standby NIC. */
    ALIAS_NOT_PERSISTENT(4, Severity.ERROR),
    /** {@code <teaming>} has no known type, or names a standby NIC on a standby NIC. */
    TEAMING_INVALID(4, Severity.ERROR),
    /** Several primaries name the same standby NIC. */
    STANDBY_SHARED(5, Severity.ERROR),
    /** The alias does not begin with {@code ua-}, so that libvirt drops it. */
    ALIAS_NOT_KEPT(6, Severity.ERROR),
    /** The primary shares its PCI slot, or is not function 0. */
    PRIMARY_NOT_ALONE_IN_SLOT(7, Severity.ERROR),
    /** A NIC of a pair is behind a root port in a slot that the port does not have. */
    SLOT_NOT_ON_ROOT_PORT(7, Severity.ERROR),
    /** The primary is on the root bus or behind a conventional PCI bridge, where nothing can be unplugged. */
    PRIMARY_ON_ROOT_BUS(8, Severity.ERROR),
    /** The root port of the primary has hotplug switched off. */
    ROOT_PORT_WITHOUT_HOTPLUG(9, Severity.ERROR),
    /** The model of the standby NIC is not virtio. */
    STANDBY_NOT_VIRTIO(10, Severity.ERROR),
    /** The primary is not a passed-through VF. */
    PRIMARY_NOT_PASSED_THROUGH(10, Severity.ERROR),
    /** The primary has an option ROM, which is guest memory that the destination may lack. */
    OPTION_ROM_ON(11, Severity.WARNING),
    /** VLAN, trust or spoof check of the VF do not fit the standby NIC. */
    VF_SETTINGS_DIFFER(12, Severity.WARNING),
    /** The host has neither the pool nor an active network of that name. */
    POOL_MISSING_ON_HOST(13, Severity.ERROR),
    /** The VF comes from a network of the host's libvirt, which sets no trust, spoof check or link state. */
    VF_NOT_SET_UP(12, Severity.WARNING),
    /** The host lacks the network or bridge of the standby NIC. */
    NETWORK_MISSING_ON_HOST(13, Severity.ERROR),
    /** The standby NIC is a macvtap device on the PF of its own VF. */
    STANDBY_ABOVE_OWN_PF(14, Severity.WARNING),
    /** The host's QEMU does not have failover pairs. */
    QEMU_TOO_OLD(15, Severity.ERROR),
    /** The host's libvirt does not have failover pairs. */
    LIBVIRT_TOO_OLD(15, Severity.ERROR),
    /** The host's IOMMU is off, so that no VF can be passed through. */
    IOMMU_OFF(15, Severity.ERROR),
    /** The VF shares its IOMMU group with another device. */
    IOMMU_GROUP_SHARED(15, Severity.ERROR),
    /** Another VM or another device has the VF. */
    VF_NOT_FREE(16, Severity.ERROR),
    /** Another NIC has the MAC address of the pair. */
    DUPLICATE_MAC(16, Severity.ERROR),
    /** As part of a pair the VF is not migrated by VFIO itself. */
    NATIVE_MIGRATION_LOST(17, Severity.NOTICE),
    /** The definition has one half of a requested pair only. */
    PAIR_HALF_MISSING(18, Severity.WARNING),
    /** The link of the standby NIC is down, so that the guest has no network without its VF. */
    STANDBY_LINK_DOWN(19, Severity.WARNING),
    /** The virtual IOMMU does not support passed-through devices without caching mode. */
    VIOMMU_WITHOUT_CACHING_MODE(20, Severity.WARNING),
    /** The memory limit is below what VFIO locks. */
    MEMORY_LIMIT_TOO_LOW(20, Severity.WARNING),
    /** The address of the VF has a form or a value that libvirt refuses. */
    VF_ADDRESS_INVALID(21, Severity.ERROR),
    /** The traffic of the primary bypasses the network filter of the standby NIC. */
    FILTER_BYPASSED(22, Severity.ERROR),
    /** The traffic of the primary bypasses the bandwidth limits of the standby NIC. */
    BANDWIDTH_BYPASSED(22, Severity.WARNING),
    /** The traffic of the primary bypasses the isolation of the standby NIC from other ports of its bridge. */
    ISOLATION_BYPASSED(22, Severity.WARNING),
    /** The traffic of the primary bypasses the rules of the virtual switch or the security groups of the standby NIC. */
    SWITCH_RULES_BYPASSED(22, Severity.WARNING),

    // Pair editor: why a pair cannot be made as requested.
    /** The VM has no such NIC. */
    NIC_NOT_FOUND(0, Severity.ERROR),
    /** Several NICs match the selector. */
    NIC_AMBIGUOUS(0, Severity.ERROR),
    /** The NIC cannot become part of a pair. */
    NIC_NOT_SUITABLE(0, Severity.ERROR),
    /** The pair exists with another pool, form or VF. */
    PAIR_DIFFERS(0, Severity.ERROR),
    /** Parts of the request exclude each other. */
    PAIR_REQUEST_CONTRADICTORY(0, Severity.ERROR),
    /** The pair needs another machine type, and the request does not agree to that. */
    MACHINE_CHANGE_NEEDS_CONSENT(0, Severity.ERROR),
    /** The architecture, machine or hypervisor has no failover pairs. */
    PLATFORM_WITHOUT_FAILOVER(0, Severity.ERROR),
    /** The configuration does not have the pool. */
    POOL_UNKNOWN(0, Severity.ERROR),
    /** The pool has no free VF on the host. */
    POOL_EXHAUSTED(0, Severity.ERROR),
    /** VFs of the pool are bound to vfio-pci without a lease, and the pool does not adopt them. */
    POOL_VFS_RESERVED(0, Severity.WARNING),
    /** The PF of VFs of the pool is a port of a bond, whose other ports do not pass frames to these VFs. */
    PF_IN_BOND(0, Severity.WARNING),
    /** VFs of the pool cannot be leased on the host. */
    POOL_NOT_SERVED(0, Severity.ERROR),
    /** The machine has no PCI bus left for the primary. */
    NO_PCIE_SLOT_LEFT(0, Severity.ERROR),
    /** The stored definition was changed, and the running VM was not. */
    LIVE_CHANGE_REFUSED(0, Severity.WARNING),
    /** A part of the definition cannot be restored to its state before the pair. */
    RESTORE_IMPOSSIBLE(0, Severity.ERROR),
    /** The primary is an emulated NIC, which is for tests only. */
    EMULATED_PRIMARY(0, Severity.WARNING),
    /** The primary is an emulated NIC, and the configuration does not allow that. */
    EMULATED_PRIMARY_NOT_ALLOWED(0, Severity.ERROR),

    // Hosts: what a definition requests and the host does not provide or store.
    /** The host cannot provide a part of the definition. */
    DEFINITION_UNSUPPORTED(0, Severity.ERROR),
    /** The definition lacks a part that the host requires. */
    DEFINITION_INCOMPLETE(0, Severity.ERROR),
    /** A password of the definition is the mask with which definitions are printed. */
    PASSWORD_MASKED(0, Severity.ERROR),
    /** The host stored another definition than the one it received. */
    DEFINITION_ALTERED(0, Severity.ERROR),
    /** VMs of the host run without KVM. */
    ACCELERATOR_FALLBACK(0, Severity.WARNING),
    /** The host's QEMU does not know the machine type. */
    MACHINE_TYPE_UNKNOWN(0, Severity.ERROR),

    // Preflight and guard of a migration.
    /** The VM cannot be migrated as it is. */
    VM_NOT_MIGRATABLE(0, Severity.ERROR),
    /** Another migration has the VM, started by another server or program. */
    OTHER_MIGRATION(0, Severity.ERROR),
    /** A migration of the VM runs. */
    MIGRATION_RUNNING(0, Severity.ERROR),
    /** No other host is available that can take the VM. */
    NO_DESTINATION(0, Severity.ERROR),
    /** A passed-through device of the running VM is in no pair. */
    DEVICE_NOT_IN_PAIR(0, Severity.ERROR),
    /** Source and destination are the same host. */
    SAME_HOST(0, Severity.ERROR),
    /** The host does not answer. */
    HOST_UNAVAILABLE(0, Severity.ERROR),
    /** The destination cannot run the VM. */
    DESTINATION_INCOMPATIBLE(0, Severity.ERROR),
    /** The guest is booting and cannot release its primary. */
    GUEST_REBOOTING(0, Severity.ERROR),
    /** A primary was plugged less than {@link Policy#settle} ago. */
    SETTLING(0, Severity.ERROR),
    /** The guest may still release a primary that an earlier migration requested. */
    EJECT_PENDING(0, Severity.ERROR),
    /** The guest's driver has not negotiated standby. */
    STANDBY_NOT_NEGOTIATED(0, Severity.WARNING),
    /** The running VM lacks its primary. */
    PRIMARY_ABSENT(0, Severity.WARNING),
    /** The PF could not be set up to pass frames to the standby NIC. */
    DETOUR_FAILED(0, Severity.WARNING),
    /** The guest has not released its primary in time. */
    PRIMARY_NOT_RELEASED(0, Severity.ERROR),
    /** The VM has arrived and runs on its standby NIC. */
    PRIMARY_NOT_RETURNED(0, Severity.WARNING),
    /** The probe receives nothing from the VM after its arrival. */
    VM_SILENT(0, Severity.ERROR),
    /** No probe measures the network gap. */
    NO_GAP_PROBE(0, Severity.NOTICE),
    /** Several guests send the packets of one probe. */
    PROBE_AMBIGUOUS(0, Severity.WARNING),
    /** The hosts do not support an option of the migration. */
    OPTION_NOT_USABLE(0, Severity.ERROR),
    /** The migration failed; the message has the reason. */
    MIGRATION_FAILED(0, Severity.ERROR),
    /** The memory of the guest makes its VFs slow to open. */
    VF_OPENING_SLOW(0, Severity.WARNING),
    /** The guest writes memory faster than it is sent, so that the copy does not end. */
    COPY_NOT_CONVERGING(0, Severity.WARNING),
    /** A step took longer than its deadline. */
    STEP_DEADLINE_EXCEEDED(0, Severity.ERROR),
    /** A step could not be rolled back. */
    UNDO_FAILED(0, Severity.ERROR),
    /** The VM does not run where it should. */
    GUEST_NOT_RUNNING(0, Severity.ERROR),

    // Guest check: how the guest uses its pairs.
    /** The guest agent of the VM does not answer. */
    GUEST_AGENT_ABSENT(0, Severity.WARNING),
    /** The guest agent may not run programs, so that the configuration of the guest is unknown. */
    GUEST_NOT_EXAMINED(0, Severity.NOTICE),
    /** The guest has no failover device for the pair. */
    GUEST_WITHOUT_FAILOVER(0, Severity.WARNING),
    /** Another device than the failover device of the pair has IP addresses. */
    GUEST_ADDRESS_MISPLACED(0, Severity.WARNING),
    /** A configuration file of the guest selects a device by the MAC address, which three devices of a pair have. */
    GUEST_PROFILE_BY_MAC(0, Severity.WARNING),
    /** A rule of the guest renames a device by the MAC address, which three devices of a pair have. */
    GUEST_RENAMES_BY_MAC(0, Severity.WARNING),
    /** A PCI network device of the guest has no driver. */
    GUEST_DRIVER_MISSING(0, Severity.WARNING),
    /** The devices of a pair have different MTUs. */
    GUEST_MTU_DIFFERS(0, Severity.WARNING),

    // Managers that call NicProvisioning before they act.
    /** A {@link NicContributor} refuses. */
    VETOED(0, Severity.ERROR),
    /** A hook let a VM continue without a VF. */
    HOOK_PASSED_VM(0, Severity.WARNING),
    /** A {@link NicContributor} threw an exception, or its definition is not XML. */
    CONTRIBUTOR_FAILED(0, Severity.WARNING),

    // Doctor: this server and its hosts.
    /** The server runs on a Java version that is not supported. */
    JAVA_UNSUPPORTED(0, Severity.ERROR),
    /** The host has no QEMU. */
    QEMU_MISSING(0, Severity.ERROR),
    /** The user that QEMU runs as does not exist. */
    QEMU_USER_MISSING(0, Severity.ERROR),
    /** QEMU cannot attach NICs to bridges. */
    BRIDGE_UNAVAILABLE(0, Severity.WARNING),
    /** SR-IOV functions of the host cannot be read or changed. */
    NIC_ACCESS_LIMITED(0, Severity.WARNING),
    /** The selectors of the pool match no VF of the host. */
    POOL_WITHOUT_VFS(0, Severity.WARNING),
    /** A VF belongs to several pools. */
    POOLS_OVERLAP(0, Severity.WARNING),
    /** A VF cannot be used. */
    VF_FAULT(0, Severity.WARNING),
    /** The host's network of a pool does not have the VFs of the pool. */
    NETWORK_NOT_KEPT(0, Severity.WARNING),
    /** The host cannot pass VFs through. */
    VFIO_UNAVAILABLE(0, Severity.WARNING),
    /** The host's libvirt does not deliver events of QEMU's monitor. */
    MONITOR_SILENT(0, Severity.WARNING),
    /** The version of libvirt or QEMU on the host has a known defect. */
    VERSION_BROKEN(0, Severity.WARNING),
    /** The {@code peer-uri} of the host does not answer this server. */
    PEER_UNREACHABLE(0, Severity.NOTICE),
    /** The configuration file is missing or has an error, and a part of it is not in force. */
    CONFIGURATION_REJECTED(0, Severity.ERROR),
    /** New options of the host, or its removal, are in force after the work on the host. */
    CONFIGURATION_PENDING(0, Severity.NOTICE),
    /** The records of this server and the state of the hosts differ. */
    STATE_INCONSISTENT(0, Severity.ERROR),
    /** A file system to which Understudy writes has little or no space left. */
    STORAGE_FULL(0, Severity.WARNING),
    /** The journal of migrations could not be written. */
    JOURNAL_INCOMPLETE(0, Severity.WARNING),
    /** The store of the history cannot be written; entries wait in memory. */
    HISTORY_UNAVAILABLE(0, Severity.WARNING),
    /** Entries of the history are lost. */
    HISTORY_INCOMPLETE(0, Severity.WARNING),
    /** An HTTP server receives passwords in plain text from other machines. */
    PLAIN_TEXT_LISTENER(0, Severity.WARNING),
    /** No user of the realm has a role. */
    NO_USER(0, Severity.WARNING),
    /** The check found nothing wrong. */
    HEALTHY(0, Severity.NOTICE);

    private final int rule;
    private final Severity severity;

    FindingCode(int rule, Severity severity) {
        this.rule = rule;
        this.severity = severity;
    }

    /** {@return the number of the linter rule in docs/rules.md; 0 for a finding that is no linter rule} */
    public int rule() {
        return rule;
    }

    /** {@return the severity a finding of this kind usually has} */
    public Severity severity() {
        return severity;
    }

    /** {@return the stable id, such as {@code mac-mismatch}} */
    public String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
