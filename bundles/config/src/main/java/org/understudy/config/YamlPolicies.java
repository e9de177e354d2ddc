// SPDX-License-Identifier: Apache-2.0
package org.understudy.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.commons.configuration2.reloading.PeriodicReloadingTrigger;
import org.apache.commons.configuration2.reloading.ReloadingController;
import org.apache.commons.configuration2.reloading.ReloadingEvent;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Finding;
import org.understudy.api.Policies;
import org.understudy.api.Policy;
import org.understudy.api.Subscription;

/** Keeps the policy of {@code etc/understudy.yaml} and follows the file while the server runs. */
@Component
public final class YamlPolicies implements Policies {
    private static final Logger LOG = LoggerFactory.getLogger(YamlPolicies.class);
    private static final Duration LOOK_EVERY = Duration.ofMillis(500);

    private final PolicyFile file;
    private final List<Consumer<Policy>> listeners = new CopyOnWriteArrayList<>();
    private final FileChange change;
    private final ReloadingController changes;
    private final PeriodicReloadingTrigger clock;
    private volatile State state = new State(PolicyFile.defaults(), List.of());

    private record State(Policy policy, List<Finding> findings) {}

    @Activate
    public YamlPolicies() {
        this(Path.of(System.getProperty("karaf.etc", "etc"), "understudy.yaml"), LOOK_EVERY);
    }

    YamlPolicies(Path path, Duration lookEvery) {
        file = new PolicyFile(path);
        change = new FileChange(path);
        changes = new ReloadingController(change);
        take(file.read());
        changes.addEventListener(ReloadingEvent.ANY, event -> reload());
        clock = new PeriodicReloadingTrigger(changes, "", lookEvery.toMillis(), TimeUnit.MILLISECONDS);
        clock.start();
    }

    @Deactivate
    public void close() {
        clock.shutdown();
    }

    @Override
    public Policy current() {
        return state.policy();
    }

    @Override
    public List<Finding> findings() {
        return state.findings();
    }

    @Override
    public Subscription listen(Consumer<Policy> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    /** What was read while somebody wrote is dropped; the next look sees the change again. */
    private void reload() {
        Policy before = current();
        PolicyFile.Reading reading = file.read();
        if (change.isAsSeen()) {
            take(reading);
        }
        changes.resetReloadingState();
        Policy now = current();
        if (!now.equals(before)) {
            LOG.info("A new configuration from {} is in force", file.path());
            listeners.forEach(listener -> deliver(listener, now));
        }
    }

    private void take(PolicyFile.Reading reading) {
        state = new State(reading.policy().orElse(state.policy()), reading.findings());
        reading.findings().forEach(f -> LOG.warn("{} {}", f.message(), f.remedy()));
    }

    /** A listener that fails must not end the watch over the file. */
    private static void deliver(Consumer<Policy> listener, Policy policy) {
        try {
            listener.accept(policy);
        } catch (RuntimeException e) {
            LOG.error("A listener failed on the new configuration", e);
        }
    }
}
