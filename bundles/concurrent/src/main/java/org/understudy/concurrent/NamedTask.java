// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A task that names the thread it runs on. An exception ends this task alone, and is logged. */
public record NamedTask(String name, Runnable work) implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(NamedTask.class);

    @Override
    public void run() {
        Thread thread = Thread.currentThread();
        String before = thread.getName();
        thread.setName(name);
        try {
            work.run();
        } catch (Throwable t) {
            LOG.error("Unhandled exception in task {}", name, t);
        } finally {
            thread.setName(before);
        }
    }
}
