// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.backend;

import org.understudy.api.ErrorCode;

/** Maps an exit status of understudy-vf, or a code of libusvf. Source: {@code enum usvf_code} of usvf.h. */
enum ExitStatus {
    DONE(0, ErrorCode.INTERNAL),
    WRONG_CALL(2, ErrorCode.INTERNAL),
    NOT_FOUND(3, ErrorCode.VF_FAILED),
    REFUSED(4, ErrorCode.VF_FAILED),
    FAILED(5, ErrorCode.VF_FAILED),
    NOT_PERMITTED(6, ErrorCode.NOT_PERMITTED),
    /** Any other status, such as 127 of a shell that does not find the command. */
    OTHER(-1, ErrorCode.HOST_UNAVAILABLE);

    private final int number;
    private final ErrorCode code;

    ExitStatus(int number, ErrorCode code) {
        this.number = number;
        this.code = code;
    }

    static ExitStatus of(int number) {
        for (ExitStatus status : values()) {
            if (status.number == number) {
                return status;
            }
        }
        return OTHER;
    }

    /** True for the status of a shell that does not find the command. Source: POSIX, Shell Command Language. */
    static boolean isMissing(int number) {
        return number == 127;
    }

    ErrorCode code() {
        return code;
    }

    /** True if the VF is absent or not free, so that another one may be tried. */
    boolean isUnavailable() {
        return this == REFUSED || this == NOT_FOUND;
    }
}
