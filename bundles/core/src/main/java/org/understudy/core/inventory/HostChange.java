// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.Severity;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.HostConnector;

/**
 * New options of an open host, or its removal, that are not in force yet: they are checked, wrong, or wait for the work on
 * the host. Safe for use from any thread.
 */
final class HostChange {
    private static final Logger LOG = LoggerFactory.getLogger(HostChange.class);

    private final HostName name;
    private final Optional<HostPolicy> wanted;
    private boolean accepted;
    private boolean checking;
    private int failures;
    private Subscription nextCheck = () -> {};
    private Optional<String> problem = Optional.empty();

    private HostChange(HostName name, Optional<HostPolicy> wanted, boolean accepted) {
        this.name = name;
        this.wanted = wanted;
        this.accepted = accepted;
    }

    /** A removal needs no check. */
    static HostChange removal(HostName name) {
        return new HostChange(name, Optional.empty(), true);
    }

    /** @param checked whether the connector has accepted these options before */
    static HostChange options(HostPolicy wanted, boolean checked) {
        return new HostChange(wanted.name(), Optional.of(wanted), checked);
    }

    HostName name() {
        return name;
    }

    /** Empty if the host is removed. */
    Optional<HostPolicy> wanted() {
        return wanted;
    }

    /** Whether only work on the host delays it. */
    synchronized boolean isAccepted() {
        return accepted;
    }

    /** Cancels the scheduled check. Returns false if the options are being checked. */
    synchronized boolean beginCheck() {
        if (checking) {
            return false;
        }
        nextCheck.close();
        checking = true;
        return true;
    }

    /** Replaces the scheduled check. */
    synchronized void nextCheck(Subscription scheduled) {
        nextCheck.close();
        nextCheck = scheduled;
    }

    /**
     * Checks the options; blocks as {@link HostConnector#check} does.
     *
     * @param connector empty if it is not installed
     * @return the number of consecutive failures; 0 if the options are accepted
     */
    int check(Optional<HostConnector> connector) {
        Optional<String> found = wanted.flatMap(options -> problem(options, connector));
        synchronized (this) {
            if (found.isPresent() && !found.equals(problem)) {
                LOG.warn("Host {}: keeps its last valid options: {}", name, found.get());
            }
            problem = found;
            checking = false;
            accepted = found.isEmpty();
            failures = accepted ? 0 : failures + 1;
            return failures;
        }
    }

    private static Optional<String> problem(HostPolicy options, Optional<HostConnector> connector) {
        if (connector.isEmpty()) {
            return Optional.of("Host " + options.name() + " needs the connector '" + options.connector()
                    + "', which is not installed");
        }
        try {
            connector.get().check(options);
            return Optional.empty();
        } catch (UnderstudyException e) {
            return Optional.of(e.getMessage());
        } catch (RuntimeException | Error e) {
            LOG.error("Host {}: check of new options failed", options.name(), e);
            return Optional.of("Host " + options.name() + ": check of new options failed: " + e);
        }
    }

    /** What an admin should know of it; empty while it is being checked. */
    synchronized Optional<Finding> finding(List<String> work) {
        return problem.map(this::rejected).or(() -> waiting(work));
    }

    private Finding rejected(String why) {
        return Finding.of(
                FindingCode.CONFIGURATION_REJECTED,
                "host " + name,
                why + "; host " + name + " keeps its last valid options",
                "Correct the options of host " + name + " in etc/understudy.yaml.");
    }

    /** Why it waits for the work; empty if it does not. */
    synchronized Optional<Finding> waiting(List<String> work) {
        if (!accepted || work.isEmpty()) {
            return Optional.empty();
        }
        String end = String.join(" and ", work) + (work.size() == 1 ? " has ended" : " have ended");
        String message = wanted.isPresent()
                ? "Host " + name + ": new options apply after " + end
                : "Host " + name + ": is removed from etc/understudy.yaml, and is closed after " + end;
        return Optional.of(Finding.of(
                        FindingCode.CONFIGURATION_PENDING,
                        "host " + name,
                        message,
                        "Wait for that end; until then no migration from or to the host starts.")
                .as(Severity.NOTICE));
    }
}
