// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.vf;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.HostNics;
import org.understudy.api.NicInventory;
import org.understudy.api.PairHealth;
import org.understudy.api.Pairs.PairChanged;
import org.understudy.api.PrimaryKind;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.VfPools;
import org.understudy.concurrent.Backoff;
import org.understudy.concurrent.Controller;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.ServiceSubscription;
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

    private static final Backoff RETRIES = new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(5));

    private final AtomicReference<Optional<VfPools>> pools = new AtomicReference<>(Optional.empty());
    private final ServiceSubscription<HostNics> nics =
            new ServiceSubscription<>(served -> served.listen(this::onInventory));
    /** Whether each pair needs forwarding, as its health showed last. */
    private final Map<PairKey, Boolean> needed = new ConcurrentHashMap<>();

    private final Controller<PairKey> controller;
    private final Subscription changes;

    @Activate
    public FdbController(@Reference PairHealthTracker health) {
        this(health::listen, health::all, SystemScheduler.process());
    }

    /**
     * @param health adds a listener
     * @param all the pairs that are known when the listener is added
     */
    FdbController(
            Function<Consumer<PairChanged>, Subscription> health,
            Supplier<List<PairChanged>> all,
            Scheduler scheduler) {
        controller = new Controller<>(
                "understudy-forwarding", scheduler, pair -> pair.vm().host(), RETRIES, this::reconcile);
        changes = health.apply(this::onChange);
        all.get().stream().filter(pair -> !needed.containsKey(key(pair))).forEach(this::onChange);
    }

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    public void setPools(VfPools served) {
        pools.set(Optional.of(served));
        needed.keySet().forEach(controller::add);
    }

    void unsetPools(VfPools served) {
        pools.updateAndGet(now -> now.filter(p -> p != served));
    }

    /** A lease that was not in the inventory when the health of its pair changed appears in a later one. */
    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    public void setNics(HostNics served) {
        nics.set(served);
        served.inventories().forEach(this::onInventory);
    }

    void unsetNics(HostNics served) {
        nics.unset(served);
    }

    private void onInventory(NicInventory inventory) {
        if (inventory.available()) {
            needed.keySet().stream()
                    .filter(pair -> pair.vm().host().equals(inventory.host()))
                    .forEach(controller::add);
        }
    }

    private void onChange(PairChanged change) {
        if (change.pair().kind() != PrimaryKind.VF) {
            return;
        }
        PairKey pair = key(change);
        Optional<Boolean> now = isNeeded(change.pair().health());
        now.ifPresentOrElse(on -> needed.put(pair, on), () -> needed.remove(pair));
        now.ifPresent(on -> controller.add(pair));
    }

    private static PairKey key(PairChanged change) {
        return new PairKey(new VmKey(change.host(), change.vm()), change.pair().primary());
    }

    /** At the start of this server, the NICs of the host may not be read yet. */
    private Controller.Result reconcile(PairKey pair) {
        Optional<VfPools> served = pools.get();
        Optional<Boolean> on = Optional.ofNullable(needed.get(pair));
        if (served.isEmpty() || on.isEmpty()) {
            return Controller.Result.done();
        }
        HostName host = pair.vm().host();
        try {
            served.get().leases(host).stream()
                    .filter(lease ->
                            lease.vm().equals(pair.vm().vm()) && lease.primary().equals(pair.primary()))
                    .forEach(lease -> served.get().forward(lease, on.get()));
            return Controller.Result.done();
        } catch (UnderstudyException e) {
            boolean lasting = e.code() == ErrorCode.NOT_PERMITTED || e.code() == ErrorCode.NOT_SUPPORTED;
            LOG.warn(
                    "VM {} on host {}: forwarding entry was not changed, frames may be lost{}: {}",
                    pair.vm().vm(),
                    host,
                    lasting ? "" : ", retrying",
                    e.getMessage());
            return lasting ? Controller.Result.done() : Controller.Result.retry();
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
        nics.close();
        controller.close();
    }
}
