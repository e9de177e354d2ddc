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

/** Provides the policy of {@code etc/understudy.yaml} and applies changes of the file while the server runs. */
@Component
public final class YamlPolicies implements Policies {
    private static final Logger LOG = LoggerFactory.getLogger(YamlPolicies.class);
    private static final Duration POLL_INTERVAL = Duration.ofMillis(500);

    private final PolicyFile file;
    private final List<Consumer<Policy>> listeners = new CopyOnWriteArrayList<>();
    private final FileChange change;
    private final ReloadingController changes;
    private final PeriodicReloadingTrigger clock;
    private volatile PolicyFile.Reading state = PolicyFile.Reading.none();

    @Activate
    public YamlPolicies() {
        this(Path.of(System.getProperty("karaf.etc", "etc"), "understudy.yaml"), POLL_INTERVAL);
    }

    YamlPolicies(Path path, Duration pollInterval) {
        file = new PolicyFile(path);
        change = new FileChange(path);
        changes = new ReloadingController(change);
        apply(file.read(state));
        changes.addEventListener(ReloadingEvent.ANY, event -> reload());
        clock = new PeriodicReloadingTrigger(changes, "", pollInterval.toMillis(), TimeUnit.MILLISECONDS);
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

    /** Drops what was read during a write; the next poll detects the change again. */
    private void reload() {
        Policy before = current();
        PolicyFile.Reading reading = file.read(state);
        if (change.isUnchangedSincePoll()) {
            apply(reading);
        }
        changes.resetReloadingState();
        Policy now = current();
        if (!now.equals(before)) {
            LOG.info("File {}: new configuration is in force", file.path());
            listeners.forEach(listener -> deliver(listener, now));
        }
    }

    private void apply(PolicyFile.Reading reading) {
        state = reading;
        reading.findings().forEach(f -> LOG.warn("{}. {}", f.message(), f.remedy()));
    }

    /** An exception of a listener must not end the polling of the file. */
    private static void deliver(Consumer<Policy> listener, Policy policy) {
        try {
            listener.accept(policy);
        } catch (RuntimeException e) {
            LOG.error("Listener of configuration changes: unhandled exception", e);
        }
    }
}
