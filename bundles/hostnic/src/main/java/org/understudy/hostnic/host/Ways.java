// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.host;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostDevices;
import org.understudy.api.spi.Hosts;
import org.understudy.hostnic.port.CommandFunctions;
import org.understudy.hostnic.port.Functions;
import org.understudy.hostnic.port.NativeFunctions;
import org.understudy.hostnic.port.NativeFunctions.Places;
import org.understudy.hostnic.port.NativeLibrary;
import org.understudy.hostnic.port.NodeDeviceFunctions;
import org.understudy.hostnic.port.OwnConnection;
import org.understudy.hostnic.port.SplitFunctions;
import org.understudy.hostnic.port.Virsh;
import org.understudy.hostnic.run.LocalRunner;
import org.understudy.hostnic.run.SshRunner;

/**
 * Opens the way to a host's NICs that its configuration names.
 *
 * @param hosts empty while nobody has opened hosts
 */
record Ways(ServerId server, Supplier<Optional<Hosts>> hosts) {
    /** @return empty if the configuration leaves them alone */
    Optional<Functions> open(HostPolicy host) {
        NicOptions options = NicOptions.of(host);
        String self = server.owner(host.name());
        List<String> program = List.of(options.command());
        return switch (options.access()) {
            case NONE -> Optional.empty();
            case LOCAL -> Optional.of(local(options, self, program));
            case SSH ->
                Optional.of(remote(new SshRunner(options.target().orElseThrow(), program), self, options.user()));
            case LIBVIRT -> Optional.of(new NodeDeviceFunctions(new OwnConnection(host.name(), devices(host.name()))));
        };
    }

    private HostDevices devices(HostName name) {
        Host host = hosts.get()
                .orElseThrow(
                        () -> new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "host " + name + " is not open yet"))
                .host(name);
        if (host instanceof HostDevices devices) {
            return devices;
        }
        throw new UnderstudyException(ErrorCode.NOT_SUPPORTED, "host " + name + " cannot tell of its devices");
    }

    /** By the command, or where there is none by libvirt, which cannot change anything. */
    private static Functions remote(SshRunner command, String self, String user) {
        try {
            return CommandFunctions.isMissing(command)
                    ? new NodeDeviceFunctions(new Virsh(command.running(Virsh.PROGRAM)))
                    : new CommandFunctions(command, self, user);
        } catch (UnderstudyException e) {
            command.close();
            throw e;
        }
    }

    /** In this process as far as it may, and else by the command that may. */
    private static Functions local(NicOptions options, String self, List<String> program) {
        Functions command = new CommandFunctions(new LocalRunner(program), self, options.user());
        if (!NativeLibrary.instance().isLoaded()) {
            return command;
        }
        Functions inProcess = new NativeFunctions(Places.usual(), self, options.user());
        return NativeFunctions.isPrivileged() ? inProcess : new SplitFunctions(inProcess, command);
    }
}
