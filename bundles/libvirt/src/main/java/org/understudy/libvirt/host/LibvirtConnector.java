// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.host;

import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostConnector;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.libvirt.connect.EventLoop;
import org.understudy.libvirt.connect.LibvirtSettings;
import org.understudy.libvirt.connect.LibvirtThreads;
import org.understudy.libvirt.connect.LibvirtTiming;

/** Opens hosts of kind {@code libvirt}. docs/libvirt.md lists the options. */
@Component(service = HostConnector.class)
public final class LibvirtConnector implements HostConnector, AutoCloseable {
    private final LibvirtTiming timing;
    private final LibvirtThreads threads = new LibvirtThreads(SystemScheduler.process());

    @Activate
    public LibvirtConnector() {
        this(LibvirtTiming.DEFAULT);
    }

    /** @param timing intervals of retries and liveness checks */
    public LibvirtConnector(LibvirtTiming timing) {
        this.timing = timing;
    }

    @Override
    public String kind() {
        return LibvirtSettings.KIND;
    }

    @Override
    public Host open(HostPolicy policy) {
        LibvirtSettings settings = LibvirtSettings.of(policy);
        EventLoop loop = EventLoop.open();
        try {
            return new LibvirtHost(settings, loop, threads, timing);
        } catch (RuntimeException e) {
            loop.close();
            throw e;
        }
    }

    @Override
    public void check(HostPolicy policy) {
        open(policy).close();
    }

    /** Ends the threads of the hosts, which are closed by then. */
    @Override
    @Deactivate
    public void close() {
        threads.close();
    }
}
