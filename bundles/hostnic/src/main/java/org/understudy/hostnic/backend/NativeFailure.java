// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.backend;

/** Failure of a native call; not visible outside this package. */
final class NativeFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;

    /** Called by the native library only. */
    NativeFailure(int status, String message) {
        super(message);
        this.status = status;
    }

    /** Equivalent exit status of understudy-vf. */
    int status() {
        return status;
    }
}
