// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.qmp;

/**
 * Whether the vCPUs run.
 *
 * @param status QEMU's word, such as {@code running}, {@code inmigrate}, {@code internal-error}. Source: QAPI RunState
 */
public record RunStatus(boolean running, String status) {
    /** The vCPUs met something the accelerator could not handle. */
    public static final String INTERNAL_ERROR = "internal-error";
}
