// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.health;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.UnderstudyException;

/** A task of a host. One that fails is not repeated: the next event or poll reads the host again. */
record HealthTask(Runnable work) implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(HealthTask.class);

    @Override
    public void run() {
        try {
            work.run();
        } catch (UnderstudyException e) {
            LOG.warn("Pair health could not be read, retrying at the next event: {}", e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("Unhandled exception while updating pair health", e);
        }
    }
}
