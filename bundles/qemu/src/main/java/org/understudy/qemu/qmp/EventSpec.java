// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.qmp;

import java.util.List;

/**
 * Declares the use of one QMP event.
 *
 * @param optional true if a supported QEMU may lack it
 * @param members the members of its data that are read
 */
record EventSpec(String name, boolean optional, List<String> members) {
    static EventSpec required(String name, String... members) {
        return new EventSpec(name, false, List.of(members));
    }

    static EventSpec optional(String name, String... members) {
        return new EventSpec(name, true, List.of(members));
    }
}
