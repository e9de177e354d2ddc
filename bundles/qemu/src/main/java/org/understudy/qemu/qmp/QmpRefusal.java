// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.qmp;

import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;

/** The error reply of QEMU to a command: {@link ErrorCode#QMP_ERROR} with the error class. */
public final class QmpRefusal extends UnderstudyException {
    private static final long serialVersionUID = 1L;

    /** The class of errors without a specific class. Source: QAPI QapiErrorClass. */
    public static final String GENERIC_ERROR = "GenericError";

    /** QEMU does not know the command. Source: QAPI QapiErrorClass. */
    public static final String COMMAND_NOT_FOUND = "CommandNotFound";

    /** No device has that id or path. Source: QAPI QapiErrorClass. */
    public static final String DEVICE_NOT_FOUND = "DeviceNotFound";

    private final String errorClass;

    QmpRefusal(String command, String socket, String errorClass, String description) {
        super(
                ErrorCode.QMP_ERROR,
                "QEMU rejected '%s' on %s: %s (%s)".formatted(command, socket, description, errorClass));
        this.errorClass = errorClass;
    }

    /** The error class of QEMU, such as {@link #DEVICE_NOT_FOUND}. */
    public String errorClass() {
        return errorClass;
    }
}
