// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.qmp;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * A machine type.
 *
 * @param alias such as {@code q35}; empty if it has none
 * @param standard true for the default of QEMU
 * @param deprecated true if QEMU marks it as deprecated
 */
public record QemuMachineType(String name, String alias, boolean standard, boolean deprecated) {
    /** Source: QAPI MachineInfo. */
    static QemuMachineType read(JsonNode machine) {
        return new QemuMachineType(
                machine.path("name").asText(),
                machine.path("alias").asText(),
                machine.path("is-default").asBoolean(),
                machine.path("deprecated").asBoolean());
    }
}
