// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/** The health of a failover pair, with its cause and the next step. */
public enum PairHealth {
    /** The VM is off, or the pair is switched off. */
    OFF("The VM is not running, or the pair is switched off.", "Start the VM, or switch the pair on."),
    /** The configured and the live definition of the pair differ. */
    PENDING_RESTART(
            "The pair was switched on or off while the VM was running; the running VM is unchanged.",
            "Shut the VM down and start it again."),
    /** The guest has not negotiated standby, so QEMU hides the primary. */
    HIDDEN(
            "The guest's virtio driver has not negotiated VIRTIO_NET_F_STANDBY, so QEMU keeps the primary hidden.",
            "Wait for the guest to boot; if the state persists, use a guest kernel with net_failover (Linux 4.18 or newer)."),
    /** Traffic runs over the primary. */
    ACTIVE("The primary is plugged and in use.", "Nothing to do."),
    /** Traffic runs over the standby NIC. */
    ON_STANDBY(
            "The primary is unplugged; traffic runs over the standby NIC.",
            "Wait for the end of a running migration; otherwise plug the primary again."),
    /** QEMU requested the guest to release the primary, and the release is not proven yet. */
    UNPLUGGING(
            "QEMU requested the guest to release the primary and waits for the release.",
            "Wait for the deadline; a paused or rebooting guest cannot release it."),
    /** The primary is plugged, but the guest has not enabled it. */
    PARTIAL(
            "QEMU has the primary, but the guest has not enabled it.",
            "Check the guest for a driver of the primary (igbvf, iavf, bnxt_en, mlx5_core, e1000e)."
                    + " Debian's cloud kernels negotiate standby, but have no igbvf, iavf or bnxt_en: install linux-image-amd64."),
    /** The pair is broken. */
    FAULT("The pair is broken; the details have the cause.", "Run understudy:lint and understudy:doctor.");

    private final String cause;
    private final String nextStep;

    PairHealth(String cause, String nextStep) {
        this.cause = cause;
        this.nextStep = nextStep;
    }

    /** {@return the cause of this health} */
    public String cause() {
        return cause;
    }

    /** {@return the next step} */
    public String nextStep() {
        return nextStep;
    }
}
