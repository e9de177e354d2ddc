// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import java.nio.file.Path;
import java.util.function.Supplier;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.understudy.api.ErrorCode;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostConnector;
import org.understudy.concurrent.HostEventQueue;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.qemu.domain.FirmwareCatalog;

/** Opens hosts of kind {@code qemu}: this machine, without libvirt. docs/qemu.md lists the options. */
@Component(service = HostConnector.class)
public final class QemuConnector implements HostConnector, AutoCloseable {
    private final Path defaultDirectory;
    private final QemuThreads threads = new QemuThreads(SystemScheduler.process());

    /** Stores the VMs of hosts without the option {@code directory} in the data folder of Karaf. */
    @Activate
    public QemuConnector() {
        this(Path.of(System.getProperty("karaf.data", "/var/lib/understudy")).resolve("qemu"));
    }

    /** @param defaultDirectory parent of the VM folders of hosts without the option {@code directory} */
    public QemuConnector(Path defaultDirectory) {
        this.defaultDirectory = defaultDirectory;
    }

    @Override
    public String kind() {
        return HostSettings.KIND;
    }

    @Override
    public Host open(HostPolicy policy) {
        return open(HostSettings.of(policy, defaultDirectory));
    }

    Host open(HostSettings settings) {
        Supplier<Emulator> emulators = new EmulatorProbe(settings, defaultDirectory.resolve("probe"));
        FirmwareCatalog firmware = new FirmwareCatalog(Path.of("/usr/share/qemu/firmware"));
        requireQemu(settings, emulators);
        QemuRuntime runtime = new QemuRuntime(
                settings, emulators, firmware, threads, new HostEventQueue(settings.name(), threads.events()));
        QemuFactsReader facts =
                new QemuFactsReader(settings, emulators, firmware, Path.of("/sys"), Path.of("/etc/qemu/bridge.conf"));
        return new QemuHost(settings, runtime, facts);
    }

    @Override
    public void check(HostPolicy policy) {
        HostSettings settings = HostSettings.of(policy, defaultDirectory);
        requireQemu(settings, new EmulatorProbe(settings, defaultDirectory.resolve("probe")));
    }

    /** Ends the threads of the hosts, which are closed by then. */
    @Override
    @Deactivate
    public void close() {
        threads.close();
    }

    private static void requireQemu(HostSettings settings, Supplier<Emulator> emulators) {
        try {
            emulators.get();
        } catch (UnderstudyException e) {
            throw new UnderstudyException(
                    ErrorCode.HOST_UNAVAILABLE,
                    "Host %s: %s is not a usable QEMU: %s"
                            .formatted(settings.name(), settings.binary(), e.getMessage()),
                    e);
        }
    }
}
