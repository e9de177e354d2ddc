// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.libvirt.Error.ErrorNumber;
import org.understudy.api.ErrorCode;

final class LibvirtFailureTest {
    /** The numbers are libvirt's: a library with another numbering would map to other codes. */
    @ParameterizedTest
    @CsvSource({
        "3, VIR_ERR_NO_SUPPORT, NOT_SUPPORTED",
        "8, VIR_ERR_INVALID_ARG, INVALID_ARGUMENT",
        "9, VIR_ERR_OPERATION_FAILED, LIBVIRT_ERROR",
        "38, VIR_ERR_SYSTEM_ERROR, LIBVIRT_ERROR",
        "39, VIR_ERR_RPC, HOST_UNAVAILABLE",
        "42, VIR_ERR_NO_DOMAIN, VM_NOT_FOUND",
        "45, VIR_ERR_AUTH_FAILED, NOT_PERMITTED",
        "55, VIR_ERR_OPERATION_INVALID, WRONG_VM_STATE",
        "68, VIR_ERR_OPERATION_TIMEOUT, DEADLINE_EXCEEDED",
        "78, VIR_ERR_OPERATION_ABORTED, CANCELLED",
        "88, VIR_ERR_ACCESS_DENIED, NOT_PERMITTED",
        "99, VIR_ERR_DEVICE_MISSING, NIC_NOT_FOUND"
    })
    void mapsNumbersNotTexts(int raw, ErrorNumber number, ErrorCode code) {
        assertThat(number.ordinal()).as("libvirt's own number").isEqualTo(raw);
        assertThat(LibvirtFailure.code(number)).isEqualTo(code);
    }
}
