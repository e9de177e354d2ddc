// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import org.libvirt.Error.ErrorNumber;
import org.libvirt.LibvirtException;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;

/** Maps libvirt's error numbers to error codes. Source: libvirt's {@code virterror.h}, virErrorNumber. */
public final class LibvirtFailure {
    private LibvirtFailure() {}

    /** @param what what could not be done, such as {@code Host a: cannot define VM web1} */
    public static UnderstudyException of(String what, LibvirtException e) {
        ErrorNumber number = e.getError().getCode();
        return new UnderstudyException(
                code(number), "%s: libvirt reported: %s (%s)".formatted(what, e.getMessage(), number), e);
    }

    /**
     * The same for a call made without libvirt-java, on the thread that made it.
     *
     * @param what the call and its object, such as {@code look up VM web1}
     */
    public static UnderstudyException last(String what) {
        ErrorNumber number = lastNumber();
        return new UnderstudyException(
                code(number),
                "Cannot %s: libvirt reported: %s (%s)"
                        .formatted(what, NativeLibvirt.INSTANCE.virGetLastErrorMessage(), number));
    }

    /** Error number of the last call made without libvirt-java on this thread. */
    public static ErrorNumber lastNumber() {
        int raw = NativeLibvirt.INSTANCE.virGetLastErrorCode();
        ErrorNumber[] known = ErrorNumber.values();
        return raw >= 0 && raw < known.length ? known[raw] : ErrorNumber.VIR_ERR_UNKNOWN;
    }

    /** True if the server or its driver does not support the call. */
    public static boolean isUnsupported(LibvirtException e) {
        return code(e.getError().getCode()) == ErrorCode.NOT_SUPPORTED;
    }

    static ErrorCode code(ErrorNumber number) {
        return switch (number) {
            case VIR_ERR_NO_DOMAIN -> ErrorCode.VM_NOT_FOUND;
            case VIR_ERR_DOM_EXIST -> ErrorCode.VM_EXISTS;
            case VIR_ERR_DEVICE_MISSING -> ErrorCode.NIC_NOT_FOUND;
            case VIR_ERR_OPERATION_INVALID, VIR_ERR_RESOURCE_BUSY -> ErrorCode.WRONG_VM_STATE;
            case VIR_ERR_INVALID_ARG, VIR_ERR_XML_ERROR, VIR_ERR_INVALID_MAC, VIR_ERR_OS_TYPE ->
                ErrorCode.INVALID_ARGUMENT;
            case VIR_ERR_XML_DETAIL, VIR_ERR_XML_INVALID_SCHEMA -> ErrorCode.MALFORMED_XML;
            case VIR_ERR_NO_SUPPORT,
                    VIR_ERR_CONFIG_UNSUPPORTED,
                    VIR_ERR_ARGUMENT_UNSUPPORTED,
                    VIR_ERR_OPERATION_UNSUPPORTED -> ErrorCode.NOT_SUPPORTED;
            case VIR_ERR_OPERATION_DENIED,
                    VIR_ERR_ACCESS_DENIED,
                    VIR_ERR_AUTH_FAILED,
                    VIR_ERR_AUTH_CANCELLED,
                    VIR_ERR_AUTH_UNAVAILABLE -> ErrorCode.NOT_PERMITTED;
            case VIR_ERR_NO_CONNECT,
                    VIR_ERR_INVALID_CONN,
                    VIR_ERR_UNKNOWN_HOST,
                    VIR_ERR_RPC,
                    VIR_ERR_GNUTLS_ERROR,
                    VIR_ERR_SSH,
                    VIR_ERR_LIBSSH,
                    VIR_ERR_NO_SERVER -> ErrorCode.HOST_UNAVAILABLE;
            case VIR_ERR_OPERATION_TIMEOUT -> ErrorCode.DEADLINE_EXCEEDED;
            case VIR_ERR_OPERATION_ABORTED -> ErrorCode.CANCELLED;
            default -> ErrorCode.LIBVIRT_ERROR;
        };
    }
}
