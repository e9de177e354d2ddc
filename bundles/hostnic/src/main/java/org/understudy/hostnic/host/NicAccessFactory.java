// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.host;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicReference;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostDevices;
import org.understudy.api.spi.Hosts;
import org.understudy.concurrent.Scheduler;
import org.understudy.hostnic.backend.CommandBackend;
import org.understudy.hostnic.backend.ConnectorDevices;
import org.understudy.hostnic.backend.NativeBackend;
import org.understudy.hostnic.backend.NativeBackend.Places;
import org.understudy.hostnic.backend.NativeLibrary;
import org.understudy.hostnic.backend.NodeDeviceBackend;
import org.understudy.hostnic.backend.SplitBackend;
import org.understudy.hostnic.backend.SriovBackend;
import org.understudy.hostnic.backend.Virsh;
import org.understudy.hostnic.run.LocalRunner;
import org.understudy.hostnic.run.SshConnector;
import org.understudy.hostnic.run.SshRunner;

/** Opens the configured access to a host's NICs. Safe for use from any thread. */
final class NicAccessFactory implements BackendOpener {
    /** Limits the programs that run on this machine and the watches of its NICs. */
    private static final int LOCAL_THREADS = 4 * Scheduler.WIDTH;

    private final ServerId server;
    private final ExecutorService localThreads;
    private final SshConnector ssh;
    private final AtomicReference<Optional<Hosts>> hosts = new AtomicReference<>(Optional.empty());

    NicAccessFactory(ServerId server, Scheduler scheduler) {
        this.server = server;
        this.localThreads = scheduler.pool("understudy-nics-local", LOCAL_THREADS, 0);
        this.ssh = new SshConnector(scheduler);
    }

    @Override
    public void setHosts(Hosts available) {
        hosts.set(Optional.of(available));
    }

    @Override
    public void unsetHosts(Hosts gone) {
        hosts.updateAndGet(now -> now.filter(h -> h != gone));
    }

    @Override
    public void close() {
        ssh.close();
        localThreads.shutdown();
    }

    @Override
    public Optional<SriovBackend> open(HostPolicy host) {
        NicOptions options = NicOptions.of(host);
        String self = server.owner(host.name());
        List<String> program = List.of(options.command());
        return switch (options.access()) {
            case NONE -> Optional.empty();
            case LOCAL -> Optional.of(local(options, self, program));
            case SSH ->
                Optional.of(remote(new SshRunner(ssh, options.target().orElseThrow(), program), self, options.user()));
            case LIBVIRT -> Optional.of(new NodeDeviceBackend(new ConnectorDevices(host.name(), devices(host.name()))));
        };
    }

    private HostDevices devices(HostName name) {
        Host host = hosts.get()
                .orElseThrow(
                        () -> new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "Host " + name + " is not open yet"))
                .host(name);
        if (host instanceof HostDevices devices) {
            return devices;
        }
        throw new UnderstudyException(ErrorCode.NOT_SUPPORTED, "Host " + name + " does not list its devices");
    }

    /** Uses understudy-vf, or without it virsh, which cannot change anything. */
    private static SriovBackend remote(SshRunner command, String self, String user) {
        try {
            return CommandBackend.isMissing(command)
                    ? new NodeDeviceBackend(new Virsh(command.running(Virsh.PROGRAM)))
                    : new CommandBackend(command, self, user);
        } catch (UnderstudyException e) {
            command.close();
            throw e;
        }
    }

    /** Uses the native library as far as privileges allow, otherwise understudy-vf. */
    private SriovBackend local(NicOptions options, String self, List<String> program) {
        SriovBackend command = new CommandBackend(new LocalRunner(program, localThreads), self, options.user());
        if (!NativeLibrary.instance().isLoaded()) {
            return command;
        }
        SriovBackend inProcess = new NativeBackend(Places.usual(), self, options.user(), localThreads);
        return NativeBackend.isPrivileged() ? inProcess : new SplitBackend(inProcess, command);
    }
}
