// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.util.Optional;
import org.understudy.api.HostName;
import org.understudy.api.MigrationId;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostedVm;

/**
 * What one host answers about a VM now.
 *
 * @param state empty if the host does not have the VM, or does not answer
 * @param failure why it does not answer
 * @param mark the migration that brought the VM there; empty if none did, or that of another program
 */
public record HostAnswer(HostName host, Optional<VmState> state, Optional<String> failure, Optional<MigrationId> mark) {
    /** Blocks for the answer, up to its deadline. */
    public static HostAnswer of(Host host, VmName vm, Definitions definitions) {
        try {
            Optional<VmState> state = host.find(vm).map(HostedVm::state);
            Optional<MigrationId> mark = state.filter(s -> s != VmState.SHUTOFF)
                    .flatMap(s -> host.liveDefinition(vm))
                    .flatMap(definitions::mark);
            return new HostAnswer(host.name(), state, Optional.empty(), mark);
        } catch (RuntimeException | Error e) {
            String why = e instanceof UnderstudyException ? e.getMessage() : e.toString();
            return new HostAnswer(host.name(), Optional.empty(), Optional.of(why), Optional.empty());
        }
    }

    /** Whether the host has a QEMU of the VM; false if it does not answer. */
    public boolean hasQemu() {
        return state.filter(s -> s != VmState.SHUTOFF).isPresent();
    }

    /** Whether the host has answered that it has no QEMU of the VM. */
    public boolean isOff() {
        return failure.isEmpty() && !hasQemu();
    }

    public boolean is(VmState other) {
        return state.equals(Optional.of(other));
    }

    @Override
    public String toString() {
        return host + ": "
                + failure.map(why -> "no answer (" + why + ")")
                        .orElseGet(() -> state.map(HostAnswer::text).orElse("no such VM"));
    }

    private static String text(VmState state) {
        return switch (state) {
            case RUNNING -> "running";
            case PAUSED -> "paused";
            case SHUTOFF -> "shut off";
            case INCOMING -> "receives it";
            case UNKNOWN -> "unknown";
        };
    }
}
