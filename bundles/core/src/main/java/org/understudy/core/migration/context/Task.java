// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

/** What keeps a VM locked: a migration, its recovery, or its observation. */
public interface Task extends Runnable {
    /** Requests a rollback; has no effect past the point of no return. */
    void cancel();

    /** This server stops: the task ends at once, and the next start recovers it from the journal. */
    void abandon();
}
