// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

/** What keeps a VM busy: a run, or the recovery of one. */
public interface Task extends Runnable {
    /** Asks for the way back; changes nothing where there is none. */
    void cancel();

    /** This server stops: the work ends where it is, and the journal tells the next start. */
    void abandon();
}
