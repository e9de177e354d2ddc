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
import org.understudy.core.health.PairEvent.TakenBack;
import org.understudy.core.health.PairEvent.UnplugRequested;
import org.understudy.core.health.PairEvent.VfLost;
import org.understudy.core.health.PairEvent.WasReset;

/** The health of a pair as one state machine: a pure table from health and event to health. */
final class PairHealthStateMachine {
    private static final Map<PairHealth, Map<Class<? extends PairEvent>, PairHealth>> TABLE =
            new EnumMap<>(PairHealth.class);

    static {
        // QEMU starts with the primary hidden, until the guest's driver negotiates standby.
        from(OFF).on(Started.class, HIDDEN);
        // A VM that is off can be stopped "again": its end is told by event and by asking.
        from(OFF).on(Stopped.class, OFF);
        // The pair was switched on while the VM runs without it.
        from(OFF).on(Diverged.class, PENDING_RESTART);
        from(OFF).on(Converged.class, OFF);

        // Until the restart nothing about the devices matters: the pair of the next start is another one.
        from(PENDING_RESTART).on(Stopped.class, OFF);
        from(PENDING_RESTART).on(Diverged.class, PENDING_RESTART);
        from(PENDING_RESTART).on(Converged.class, OFF);
        from(PENDING_RESTART).on(WasReset.class, PENDING_RESTART);

        whileRunning(HIDDEN);
        // QEMU plugs the primary now; the guest still has to take it.
        from(HIDDEN).on(Negotiated.class, PARTIAL);
        from(HIDDEN).on(SeenHidden.class, HIDDEN);
        // The event was missed, and asking tells.
        from(HIDDEN).on(SeenPlugged.class, PARTIAL);
        from(HIDDEN).on(SeenEnabled.class, ACTIVE);
        // QEMU has not even a hidden primary.
        from(HIDDEN).on(SeenMissing.class, FAULT);
        from(HIDDEN).on(TakenBack.class, HIDDEN);
        from(HIDDEN).on(WasReset.class, HIDDEN);

        whileRunning(PARTIAL);
        from(PARTIAL).on(Negotiated.class, PARTIAL);
        from(PARTIAL).on(SeenHidden.class, HIDDEN);
        from(PARTIAL).on(SeenPlugged.class, PARTIAL);
        // A driver holds the primary.
        from(PARTIAL).on(SeenEnabled.class, ACTIVE);
        // The plug failed without a word, such as VFIO that could not be opened.
        from(PARTIAL).on(SeenMissing.class, FAULT);
        from(PARTIAL).on(UnplugRequested.class, UNPLUGGING);
        from(PARTIAL).on(Released.class, ON_STANDBY);
        from(PARTIAL).on(TakenBack.class, PARTIAL);
        from(PARTIAL).on(WasReset.class, PARTIAL);

        whileRunning(ACTIVE);
        // The guest loaded its virtio driver anew.
        from(ACTIVE).on(Negotiated.class, ACTIVE);
        // The guest's driver let go of the primary, but QEMU still has it.
        from(ACTIVE).on(SeenPlugged.class, PARTIAL);
        from(ACTIVE).on(SeenEnabled.class, ACTIVE);
        from(ACTIVE).on(SeenMissing.class, FAULT);
        from(ACTIVE).on(UnplugRequested.class, UNPLUGGING);
        // A guest may release a device that nobody waits for any more, after a cancelled migration.
        from(ACTIVE).on(Released.class, ON_STANDBY);
        from(ACTIVE).on(TakenBack.class, ACTIVE);
        // The device stays plugged over a reset; the driver has to take it again.
        from(ACTIVE).on(WasReset.class, PARTIAL);

        whileRunning(UNPLUGGING);
        // A guest that boots now may negotiate; QEMU still wants the primary back.
        from(UNPLUGGING).on(Negotiated.class, UNPLUGGING);
        from(UNPLUGGING).on(UnplugRequested.class, UNPLUGGING);
        // The only proof.
        from(UNPLUGGING).on(Released.class, ON_STANDBY);
        // Whether the guest still has it is found out by asking.
        from(UNPLUGGING).on(TakenBack.class, PARTIAL);
        from(UNPLUGGING).on(WasReset.class, UNPLUGGING);

        whileRunning(ON_STANDBY);
        // A guest that negotiates again gets its primary again.
        from(ON_STANDBY).on(Negotiated.class, PARTIAL);
        from(ON_STANDBY).on(SeenHidden.class, HIDDEN);
        from(ON_STANDBY).on(SeenPlugged.class, PARTIAL);
        from(ON_STANDBY).on(SeenEnabled.class, ACTIVE);
        from(ON_STANDBY).on(SeenMissing.class, ON_STANDBY);
        // Two proofs of one release may come.
        from(ON_STANDBY).on(Released.class, ON_STANDBY);
        // QEMU plugs the primary again.
        from(ON_STANDBY).on(TakenBack.class, PARTIAL);
        from(ON_STANDBY).on(WasReset.class, ON_STANDBY);

        whileRunning(FAULT);
        from(FAULT).on(Negotiated.class, PARTIAL);
        from(FAULT).on(SeenHidden.class, HIDDEN);
        from(FAULT).on(SeenPlugged.class, PARTIAL);
        from(FAULT).on(SeenEnabled.class, ACTIVE);
        from(FAULT).on(SeenMissing.class, FAULT);
        from(FAULT).on(TakenBack.class, FAULT);
        from(FAULT).on(WasReset.class, FAULT);
    }

    private PairHealthStateMachine() {}

    /**
     * The health after an event.
     *
     * @throws UnderstudyException {@link ErrorCode#ILLEGAL_TRANSITION} if this cannot happen in this health
     */
    static PairHealth next(PairHealth health, PairEvent event) {
        return Optional.ofNullable(TABLE.get(health).get(event.getClass()))
                .orElseThrow(() -> new UnderstudyException(
                        ErrorCode.ILLEGAL_TRANSITION,
                        "A pair that is " + health + " cannot see "
                                + event.getClass().getSimpleName()));
    }

    private static Row from(PairHealth health) {
        return new Row(TABLE.computeIfAbsent(health, h -> new HashMap<>()));
    }

    /** What may happen to every pair of a running VM: it stops, its definition is changed, or its VF is gone. */
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
