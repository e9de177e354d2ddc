// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.health;

import static org.understudy.api.PairHealth.ACTIVE;
import static org.understudy.api.PairHealth.FAULT;
import static org.understudy.api.PairHealth.HIDDEN;
import static org.understudy.api.PairHealth.OFF;
import static org.understudy.api.PairHealth.ON_STANDBY;
import static org.understudy.api.PairHealth.PARTIAL;
import static org.understudy.api.PairHealth.PENDING_RESTART;
import static org.understudy.api.PairHealth.UNPLUGGING;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.understudy.api.ErrorCode;
import org.understudy.api.PairHealth;
import org.understudy.api.UnderstudyException;
import org.understudy.core.health.PairEvent.Converged;
import org.understudy.core.health.PairEvent.Diverged;
import org.understudy.core.health.PairEvent.Negotiated;
import org.understudy.core.health.PairEvent.Released;
import org.understudy.core.health.PairEvent.SeenEnabled;
import org.understudy.core.health.PairEvent.SeenHidden;
import org.understudy.core.health.PairEvent.SeenMissing;
import org.understudy.core.health.PairEvent.SeenPlugged;
import org.understudy.core.health.PairEvent.Started;
import org.understudy.core.health.PairEvent.Stopped;
import org.understudy.core.health.PairEvent.UnplugAborted;
import org.understudy.core.health.PairEvent.UnplugRequested;
import org.understudy.core.health.PairEvent.VfLost;
import org.understudy.core.health.PairEvent.WasReset;

/** The state machine of a pair's health: a table from health and event to health. */
final class PairHealthStateMachine {
    private static final Map<PairHealth, Map<Class<? extends PairEvent>, PairHealth>> TABLE =
            new EnumMap<>(PairHealth.class);

    static {
        // QEMU starts with the primary hidden, until the guest's driver negotiates standby.
        from(OFF).on(Started.class, HIDDEN);
        // The end of a VM may be reported twice: by an event and by reading its state.
        from(OFF).on(Stopped.class, OFF);
        // The pair was switched on while the VM runs without it.
        from(OFF).on(Diverged.class, PENDING_RESTART);
        from(OFF).on(Converged.class, OFF);

        // Until the restart device events do not matter: the next start uses another pair.
        from(PENDING_RESTART).on(Stopped.class, OFF);
        from(PENDING_RESTART).on(Diverged.class, PENDING_RESTART);
        from(PENDING_RESTART).on(Converged.class, OFF);
        from(PENDING_RESTART).on(WasReset.class, PENDING_RESTART);

        whileRunning(HIDDEN);
        // QEMU plugs the primary now; the guest has yet to enable it.
        from(HIDDEN).on(Negotiated.class, PARTIAL);
        from(HIDDEN).on(SeenHidden.class, HIDDEN);
        // The event was missed, and the state was read from QEMU.
        from(HIDDEN).on(SeenPlugged.class, PARTIAL);
        from(HIDDEN).on(SeenEnabled.class, ACTIVE);
        // QEMU does not have the primary, not even hidden.
        from(HIDDEN).on(SeenMissing.class, FAULT);
        from(HIDDEN).on(UnplugAborted.class, HIDDEN);
        from(HIDDEN).on(WasReset.class, HIDDEN);

        whileRunning(PARTIAL);
        from(PARTIAL).on(Negotiated.class, PARTIAL);
        from(PARTIAL).on(SeenHidden.class, HIDDEN);
        from(PARTIAL).on(SeenPlugged.class, PARTIAL);
        // A driver holds the primary.
        from(PARTIAL).on(SeenEnabled.class, ACTIVE);
        // The plug failed without an event, for example because VFIO could not open the device.
        from(PARTIAL).on(SeenMissing.class, FAULT);
        from(PARTIAL).on(UnplugRequested.class, UNPLUGGING);
        from(PARTIAL).on(Released.class, ON_STANDBY);
        from(PARTIAL).on(UnplugAborted.class, PARTIAL);
        from(PARTIAL).on(WasReset.class, PARTIAL);

        whileRunning(ACTIVE);
        // The guest reloaded its virtio driver.
        from(ACTIVE).on(Negotiated.class, ACTIVE);
        // The guest's driver released the primary, but QEMU still has it.
        from(ACTIVE).on(SeenPlugged.class, PARTIAL);
        from(ACTIVE).on(SeenEnabled.class, ACTIVE);
        from(ACTIVE).on(SeenMissing.class, FAULT);
        from(ACTIVE).on(UnplugRequested.class, UNPLUGGING);
        // After a cancelled migration the guest may still release the device.
        from(ACTIVE).on(Released.class, ON_STANDBY);
        from(ACTIVE).on(UnplugAborted.class, ACTIVE);
        // The device stays plugged over a reset; the driver has to enable it again.
        from(ACTIVE).on(WasReset.class, PARTIAL);

        whileRunning(UNPLUGGING);
        // A guest that boots now may negotiate; QEMU still waits for the release.
        from(UNPLUGGING).on(Negotiated.class, UNPLUGGING);
        from(UNPLUGGING).on(UnplugRequested.class, UNPLUGGING);
        // The only proof of the release.
        from(UNPLUGGING).on(Released.class, ON_STANDBY);
        // Whether the guest still has it is read from QEMU.
        from(UNPLUGGING).on(UnplugAborted.class, PARTIAL);
        from(UNPLUGGING).on(WasReset.class, UNPLUGGING);

        whileRunning(ON_STANDBY);
        // QEMU plugs the primary again after another negotiation.
        from(ON_STANDBY).on(Negotiated.class, PARTIAL);
        from(ON_STANDBY).on(SeenHidden.class, HIDDEN);
        from(ON_STANDBY).on(SeenPlugged.class, PARTIAL);
        from(ON_STANDBY).on(SeenEnabled.class, ACTIVE);
        from(ON_STANDBY).on(SeenMissing.class, ON_STANDBY);
        // One release may be reported twice.
        from(ON_STANDBY).on(Released.class, ON_STANDBY);
        // QEMU plugs the primary again.
        from(ON_STANDBY).on(UnplugAborted.class, PARTIAL);
        from(ON_STANDBY).on(WasReset.class, ON_STANDBY);

        whileRunning(FAULT);
        from(FAULT).on(Negotiated.class, PARTIAL);
        from(FAULT).on(SeenHidden.class, HIDDEN);
        from(FAULT).on(SeenPlugged.class, PARTIAL);
        from(FAULT).on(SeenEnabled.class, ACTIVE);
        from(FAULT).on(SeenMissing.class, FAULT);
        from(FAULT).on(UnplugAborted.class, FAULT);
        from(FAULT).on(WasReset.class, FAULT);
    }

    private PairHealthStateMachine() {}

    /**
     * The health after an event.
     *
     * @throws UnderstudyException {@link ErrorCode#ILLEGAL_TRANSITION} if the event is impossible in this health
     */
    static PairHealth next(PairHealth health, PairEvent event) {
        return Optional.ofNullable(TABLE.get(health).get(event.getClass()))
                .orElseThrow(() -> new UnderstudyException(
                        ErrorCode.ILLEGAL_TRANSITION,
                        "Pair health " + health + " has no transition for event "
                                + event.getClass().getSimpleName()));
    }

    private static Row from(PairHealth health) {
        return new Row(TABLE.computeIfAbsent(health, h -> new HashMap<>()));
    }

    /** The events of every pair of a running VM: the VM stops, its definition changes, or the VF is lost. */
    private static void whileRunning(PairHealth health) {
        from(health).on(Stopped.class, OFF);
        from(health).on(Diverged.class, PENDING_RESTART);
        from(health).on(VfLost.class, FAULT);
    }

    private record Row(Map<Class<? extends PairEvent>, PairHealth> cells) {
        void on(Class<? extends PairEvent> event, PairHealth next) {
            cells.put(event, next);
        }
    }
}
