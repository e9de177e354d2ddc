// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.testing;

import java.util.Map;
import org.understudy.api.MigrationId;
import org.understudy.api.MigrationOptions;
import org.understudy.api.VmName;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.api.spi.IncomingRequest;
import org.understudy.api.spi.OutgoingRequest;

/** Another program, such as virsh, that migrates VMs between fake hosts. */
public final class ExternalProgram {
    private static final MigrationId ID = new MigrationId("theirs");

    private ExternalProgram() {}

    /** Starts to migrate a running VM. */
    public static void migrate(VmName vm, FakeHost source, FakeHost destination) {
        String definition = source.definition(vm);
        IncomingMigration incoming = destination.prepareIncoming(
                new IncomingRequest(ID, vm, definition, definition, MigrationOptions.defaults(), Map.of()));
        source.startOutgoing(
                new OutgoingRequest(ID, vm, incoming.uri(), MigrationOptions.defaults(), definition, definition));
    }
}
