// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.vf;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.PairHealth;
import org.understudy.api.Pairs.PairChanged;
import org.understudy.api.PrimaryKind;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.VfPools;
import org.understudy.concurrent.HostExecutor;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.core.health.PairHealthTracker;
import org.understudy.core.health.PairKey;
import org.understudy.core.health.VmKey;

/**
 * Adds and removes the forwarding entries of VFs: while a guest does not use its VF, the PF passes frames for the VF's MAC
 * address to the standby NIC. Follows the health of pairs, including the first reading after a restart of this server.
 */
@Component(service = FdbController.class, immediate = true)
public final class FdbController implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FdbController.class);

    private final AtomicReference<Optional<VfPools>> pools = new AtomicReference<>(Optional.empty());
    private final Map<PairKey, PairChanged> waiting = new ConcurrentHashMap<>();
    private final HostExecutor executor = new HostExecutor("understudy-forwarding", SystemScheduler.process());
    private final Subscription changes;

    @Activate
    public FdbController(@Reference PairHealthTracker health) {
        this(health::listen);
    }

    FdbController(Function<Consumer<PairChanged>, Subscription> health) {
        changes = health.apply(this::onChange);
    }

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    public void setPools(VfPools served) {
        pools.set(Optional.of(served));
    }

    void unsetPools(VfPools served) {
        pools.updateAndGet(now -> now.filter(p -> p != served));
    }

    /**
     * In order for each host, so that a host whose NICs do not answer delays no other. Waiting changes of one pair are
     * merged into the last one.
     */
    private void onChange(PairChanged change) {
        PairKey pair =
                new PairKey(new VmKey(change.host(), change.vm()), change.pair().primary());
        if (waiting.put(pair, change) == null) {
            executor.run(change.host(), pair, () -> forward(waiting.remove(pair)));
        }
    }

    private void forward(PairChanged change) {
        Optional<Boolean> needed = isNeeded(change.pair().health());
        Optional<VfPools> served = pools.get();
        if (needed.isEmpty() || served.isEmpty() || change.pair().kind() != PrimaryKind.VF) {
            return;
        }
        try {
            served.get().leases(change.host()).stream()
                    .filter(l -> l.vm().equals(change.vm())
                            && l.primary().equals(change.pair().primary()))
                    .forEach(l -> served.get().forward(l, needed.get()));
        } catch (UnderstudyException e) {
            LOG.warn(
                    "VM {} on host {}: forwarding entry was not changed, frames may be lost on the standby NIC: {}",
                    change.vm(),
                    change.host(),
                    e.getMessage());
        }
    }

    /** Empty if the pair is not running or has no usable VF. */
    private static Optional<Boolean> isNeeded(PairHealth health) {
        return switch (health) {
            case ACTIVE -> Optional.of(false);
            case HIDDEN, UNPLUGGING, ON_STANDBY, PARTIAL -> Optional.of(true);
            case OFF, PENDING_RESTART, FAULT -> Optional.empty();
        };
    }

    @Override
    @Deactivate
    public void close() {
        changes.close();
        executor.close();
    }
}
