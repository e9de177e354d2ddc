// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.backend;

/** What a native call throws; never leaves this package. */
final class NativeFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;

    /** Called by the native library only. */
    NativeFailure(int status, String message) {
        super(message);
        this.status = status;
    }

    /** The exit status that understudy-vf would have. */
    int status() {
        return status;
    }
}
