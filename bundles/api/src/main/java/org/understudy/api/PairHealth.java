// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/** The health of one failover pair. Each constant says its cause and what to do next. */
public enum PairHealth {
    /** The VM is off, or the pair is turned off. */
    OFF("The VM is not running, or the pair is switched off.", "Start the VM, or switch the pair on."),
    /** The configured definition has a pair that the running VM has not. */
    PENDING_RESTART(
            "The pair was switched on or off while the VM was running; the running VM is unchanged.",
            "Restart the VM when it suits you."),
    /** The guest has not negotiated standby, so QEMU hides the primary. */
    HIDDEN(
            "The guest's virtio driver has not negotiated VIRTIO_NET_F_STANDBY, so QEMU keeps the primary hidden.",
            "Wait for the guest to boot; if it stays, use a guest kernel with net_failover (Linux 4.18 or newer)."),
    /** Traffic runs over the primary. */
    ACTIVE("The primary is plugged and in use.", "Nothing to do."),
    /** Traffic runs over the standby NIC. */
    ON_STANDBY(
            "The primary is unplugged; traffic runs over the standby NIC.",
            "Nothing during a migration; otherwise plug the primary again."),
    /** QEMU asked the guest to release the primary; no proof yet that it did. */
    UNPLUGGING(
            "QEMU asked the guest to release the primary and waits for it.",
            "Wait for the deadline; a paused or rebooting guest cannot answer."),
    /** The primary is plugged but the guest has not taken it. */
    PARTIAL(
            "QEMU has the primary, but the guest has not enabled it.",
            "Check the guest for a driver of the primary (igbvf, iavf, mlx5_core, e1000e)."),
    /** The pair does not do what it was set up for. */
    FAULT(
            "The pair is broken; the event that broke it is in the details.",
            "Run understudy:lint and understudy:doctor.");

    private final String cause;
    private final String nextStep;

    PairHealth(String cause, String nextStep) {
        this.cause = cause;
        this.nextStep = nextStep;
    }

    /** {@return why a pair is in this state} */
    public String cause() {
        return cause;
    }

    /** {@return what the admin can do} */
    public String nextStep() {
        return nextStep;
    }
}
