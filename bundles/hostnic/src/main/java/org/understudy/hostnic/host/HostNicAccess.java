// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.host;

import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.NicInventory;
import org.understudy.api.PciAddress;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.UnderstudyException;
import org.understudy.concurrent.Controller;
import org.understudy.concurrent.Controller.Result;
import org.understudy.hostnic.backend.SriovBackend;

/**
 * Access to the NICs of one host, and a key of the controller that opens it and reads the inventory after every change. Safe
 * for use from any thread.
 */
final class HostNicAccess implements AutoCloseable {
    /** Changes come in bursts, for example when a VF changes its driver; one read follows them. */
    static final Duration DEBOUNCE = Duration.ofMillis(200);

    private static final Logger LOG = LoggerFactory.getLogger(HostNicAccess.class);

    private final HostPolicy policy;
    private final BackendConnection connection;
    private final HostInventory inventory;
    private final Controller<HostNicAccess> controller;
    private Optional<Thread> processing = Optional.empty();
    private boolean unmanaged;
    private boolean closed;

    HostNicAccess(
            HostPolicy policy,
            BackendConnection connection,
            HostInventory inventory,
            Controller<HostNicAccess> controller) {
        this.policy = policy;
        this.connection = connection;
        this.inventory = inventory;
        this.controller = controller;
    }

    HostPolicy policy() {
        return policy;
    }

    /** True if this access serves these options: they differ in nothing that matters here, or are wrong, which is reported. */
    boolean keepsWith(HostPolicy wanted) {
        Optional<Finding> wrong = isOpenedLike(wanted) ? Optional.empty() : rejection(wanted);
        boolean keeps =
                isOpenedLike(wanted) || wrong.isPresent() && rejection(policy).isEmpty();
        if (inventory.setRejected(wrong) && keeps) {
            controller.addAfter(this, DEBOUNCE);
        }
        return keeps;
    }

    private boolean isOpenedLike(HostPolicy wanted) {
        return policy.connector().equals(wanted.connector())
                && policy.options().equals(wanted.options())
                && policy.nics().equals(wanted.nics());
    }

    private static Optional<Finding> rejection(HostPolicy options) {
        try {
            NicOptions.of(options);
            return Optional.empty();
        } catch (UnderstudyException e) {
            return Optional.of(Finding.of(
                    FindingCode.CONFIGURATION_REJECTED,
                    "host " + options.name() + ", NICs",
                    e.getMessage() + "; the last valid options stay in force",
                    "Correct nics of host " + options.name() + " in etc/understudy.yaml."));
        }
    }

    NicInventory inventory() {
        return inventory.latest();
    }

    /** @throws UnderstudyException {@link ErrorCode#HOST_UNAVAILABLE} with the reason */
    SriovBackend require() {
        return connection
                .backend()
                .orElseThrow(() -> new UnderstudyException(
                        ErrorCode.HOST_UNAVAILABLE,
                        inventory().findings().stream()
                                .map(Finding::message)
                                .findFirst()
                                .orElse("NICs of host " + policy.name() + " are not configured")));
    }

    /**
     * Returns the inventory that the watch keeps up to date; reads only if there is none.
     *
     * @throws UnderstudyException {@link ErrorCode#HOST_UNAVAILABLE}
     */
    NicInventory current() {
        NicInventory now = inventory();
        return now.available() ? now : refresh();
    }

    /**
     * Reads the inventory now.
     *
     * @throws UnderstudyException {@link ErrorCode#HOST_UNAVAILABLE}
     */
    NicInventory refresh() {
        return inventory.read(require());
    }

    /** Reads the inventory again, because no event reports leases and releases by other servers. */
    NicInventory refreshIfAvailable() {
        return inventory().available() ? refresh() : inventory();
    }

    /** Reads the result of a change; an unreachable host is not a failure of the change. */
    void refreshAfterChange() {
        Optional<SriovBackend> open = connection.backend();
        try {
            refresh();
        } catch (UnderstudyException e) {
            open.ifPresent(used -> {
                connection.lose(used, e.getMessage());
                controller.add(this);
            });
        } catch (RuntimeException | Error e) {
            LOG.error("Host {}: NICs cannot be read", policy.name(), e);
        }
    }

    /** Opens the connection if it is not open, and reads the inventory. */
    Result process() {
        if (!begin()) {
            return Result.done();
        }
        try {
            Optional<String> lost = connection.lost();
            if (lost.isPresent()) {
                return failed(lost.get(), ErrorCode.HOST_UNAVAILABLE.remedy());
            }
            boolean open = connection.backend().isPresent()
                    || connection.open(() -> controller.addAfter(this, DEBOUNCE), () -> controller.add(this));
            if (open) {
                connection.backend().ifPresent(inventory::read);
            } else {
                setUnmanaged();
            }
            return Result.done();
        } catch (UnderstudyException e) {
            return failed(e.getMessage(), e.code().remedy());
        } catch (RuntimeException | Error e) {
            LOG.error("Host {}: NICs cannot be read", policy.name(), e);
            return failed(e.toString(), ErrorCode.INTERNAL.remedy());
        } finally {
            end();
        }
    }

    private synchronized boolean begin() {
        processing = closed ? Optional.empty() : Optional.of(Thread.currentThread());
        return !closed;
    }

    /** The next host on this thread must not see the interrupt of {@link #close}. */
    private synchronized void end() {
        processing = Optional.empty();
        Thread.interrupted();
    }

    private Result failed(String why, String remedy) {
        connection.disconnect();
        // The connector reports that such a host is lost, or not open yet.
        if (inventory.setUnreachable(why, remedy) && !NicOptions.isByLibvirt(policy)) {
            LOG.warn("Host {}: NICs are unreachable, retrying: {}", policy.name(), why);
        } else {
            LOG.debug("Host {}: NICs are still unreachable, retrying: {}", policy.name(), why);
        }
        return Result.retry();
    }

    private void setUnmanaged() {
        synchronized (this) {
            unmanaged = true;
        }
        inventory.setUnmanaged();
    }

    /** True if no access to these NICs is configured. */
    synchronized boolean isUnmanaged() {
        return unmanaged;
    }

    /** True if no VF of the host can be leased, even when the host is reachable. */
    boolean isWithoutLeases() {
        return NicOptions.isByLibvirt(policy) || isUnmanaged();
    }

    /** Why nothing can be changed; empty if it can, or if that is unknown now. */
    Optional<String> readOnly() {
        return connection.backend().flatMap(SriovBackend::readOnly);
    }

    /** Drops a VF whose lease has ended, even if it is missing. */
    void forget(PciAddress vf) {
        inventory.forget(vf);
    }

    /** Applies a changed pool configuration. */
    void reassignPools() {
        if (inventory.reassignPools()) {
            controller.addAfter(this, DEBOUNCE);
        }
    }

    /** Does not block. Interrupts an attempt to connect, so that the host's next access does not wait for it. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            processing.ifPresent(Thread::interrupt);
        }
        inventory.close();
        connection.close();
    }
}
