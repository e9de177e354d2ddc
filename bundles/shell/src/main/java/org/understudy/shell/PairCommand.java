// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import org.apache.karaf.shell.api.action.Option;
import org.understudy.api.NicSelector;

/** A command that adds or removes the pair of one NIC. */
abstract class PairCommand extends DefinitionCommand {
    @Option(name = "--nic", description = "Index, MAC address or alias of the NIC; required if the VM has several")
    String nic = "only";

    final NicSelector nic() {
        return NicSelector.parse(nic);
    }
}
