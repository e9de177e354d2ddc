// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/** How far a step is. */
public enum StepState {
    /** It has not started. */
    PENDING,
    /** It runs. */
    RUNNING,
    /** It succeeded. */
    DONE,
    /** It had nothing to do; its facts have the reason. */
    SKIPPED,
    /** It failed. */
    FAILED,
    /** It was done and has been rolled back. */
    UNDONE
}
