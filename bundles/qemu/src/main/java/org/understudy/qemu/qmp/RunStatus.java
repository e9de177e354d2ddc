// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.qmp;

/**
 * Whether the vCPUs run.
 *
 * @param status the run state of QEMU, such as {@code running}, {@code inmigrate}, {@code internal-error}. Source: QAPI
 *     RunState
 */
public record RunStatus(boolean running, String status) {
    /** The accelerator could not continue the vCPUs. */
    public static final String INTERNAL_ERROR = "internal-error";
}
