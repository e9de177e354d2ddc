// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/** How far a step is. */
public enum StepState {
    PENDING,
    RUNNING,
    DONE,
    /** It had nothing to do, for a reason given in its facts. */
    SKIPPED,
    FAILED,
    /** It was done and has been taken back. */
    UNDONE
}
