// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Action;
import org.understudy.api.AuditEntry;
import org.understudy.api.AuditEntry.Face;
import org.understudy.api.AuditEntry.Result;
import org.understudy.api.AuditLog;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.Inventory;
import org.understudy.api.Vm;
import org.understudy.api.VmAddress;

/** Makes one audit entry of each command that needs one. Never throws, and never waits for a host or a store. */
record CommandAudit(List<AuditLog> logs, List<Inventory> inventories) {
    private static final Logger LOG = LoggerFactory.getLogger(CommandAudit.class);

    /** What a command is about. */
    record CommandObject(String name, Optional<UUID> uuid, Optional<HostName> host) {
        static CommandObject named(String name) {
            return new CommandObject(name, Optional.empty(), Optional.empty());
        }

        static CommandObject of(Vm vm) {
            return new CommandObject(vm.name().value(), Optional.of(vm.uuid()), Optional.of(vm.host()));
        }
    }

    /** To be called before the action, which may remove the VM. */
    CommandObject vm(VmAddress address) {
        List<Vm> known = inventories.stream()
                .flatMap(inventory -> inventory.snapshot().find(address).stream())
                .map(found -> found.value())
                .toList();
        return known.size() == 1 ? CommandObject.of(known.get(0)) : CommandObject.named(address.toString());
    }

    void record(Action action, CommandObject object, Optional<ErrorCode> error, String message) {
        if (!action.isAudited()) {
            return;
        }
        ShellUser user = ShellUser.current();
        AuditEntry entry = new AuditEntry(
                UUID.randomUUID(),
                Instant.now(),
                user.name(),
                Face.SHELL,
                user.address(),
                action,
                object.name(),
                object.uuid(),
                object.host(),
                error.map(Result::of).orElse(Result.ACCEPTED),
                error,
                message);
        for (AuditLog log : logs) {
            try {
                log.record(entry);
            } catch (RuntimeException e) {
                LOG.error(
                        "Audit log {}: unhandled exception, an entry is lost",
                        log.getClass().getName(),
                        e);
            }
        }
    }
}
