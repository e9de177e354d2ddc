// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.qmp;

import java.util.List;

/** The names of the events in use. Source: qapi/*.json of QEMU 4.2 to 11. */
public final class QmpEvents {
    /** The vCPUs are paused. */
    public static final String STOP = "STOP";
    /** The vCPUs run. */
    public static final String RESUME = "RESUME";
    /** The guest was reset. Member: guest. */
    public static final String RESET = "RESET";
    /** QEMU is about to end. Members: guest (true if the guest requested it), reason. */
    public static final String SHUTDOWN = "SHUTDOWN";
    /** The guest's kernel panicked. Member: action. */
    public static final String GUEST_PANICKED = "GUEST_PANICKED";
    /** The migration's state changed; needs the capability {@code events}. Member: status. */
    public static final String MIGRATION = "MIGRATION";
    /** Another pass over the memory starts; needs the capability {@code events}. Member: pass, 1 for the first. */
    public static final String MIGRATION_PASS = "MIGRATION_PASS";
    /** The guest driver negotiated standby. Member: device-id, the standby NIC. */
    public static final String FAILOVER_NEGOTIATED = "FAILOVER_NEGOTIATED";
    /** The guest was requested to release a primary; it may not have done so yet. Member: device-id, the primary. */
    public static final String UNPLUG_PRIMARY = "UNPLUG_PRIMARY";
    /** A device was removed. Members: device (absent for one without id), path. */
    public static final String DEVICE_DELETED = "DEVICE_DELETED";
    /** The guest refused to release a device; QEMU 6.2 and newer. Members: device, path. */
    public static final String DEVICE_UNPLUG_GUEST_ERROR = "DEVICE_UNPLUG_GUEST_ERROR";

    static final List<EventSpec> ALL = List.of(
            EventSpec.required(STOP),
            EventSpec.required(RESUME),
            EventSpec.required(RESET, "guest"),
            EventSpec.required(SHUTDOWN, "guest", "reason"),
            EventSpec.required(GUEST_PANICKED, "action"),
            EventSpec.required(
                    MIGRATION,
                    "status=none",
                    "status=setup",
                    "status=wait-unplug",
                    "status=active",
                    "status=postcopy-active",
                    "status=pre-switchover",
                    "status=device",
                    "status=completed",
                    "status=cancelling",
                    "status=cancelled",
                    "status=failed"),
            EventSpec.required(MIGRATION_PASS, "pass"),
            EventSpec.required(FAILOVER_NEGOTIATED, "device-id"),
            EventSpec.required(UNPLUG_PRIMARY, "device-id"),
            EventSpec.required(DEVICE_DELETED, "device", "path"),
            EventSpec.optional(DEVICE_UNPLUG_GUEST_ERROR, "device", "path"));

    private QmpEvents() {}
}
