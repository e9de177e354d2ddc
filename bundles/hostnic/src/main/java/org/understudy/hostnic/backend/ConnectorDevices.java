// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.backend;

import java.util.function.Consumer;
import org.understudy.api.HostName;
import org.understudy.api.Subscription;
import org.understudy.api.spi.HostDevices;

/** The devices of a host over the connection that drives its VMs. That connection is its connector's to close. */
public record ConnectorDevices(HostName host, HostDevices devices) implements DeviceSource {
    @Override
    public String access() {
        return "libvirt";
    }

    @Override
    public String subject() {
        return "host " + host + ", NICs";
    }

    @Override
    public String limit() {
        return "the NICs of host " + host + " are reached by libvirt alone";
    }

    @Override
    public String remedy() {
        return "Set nics of the host to access: ssh, and install understudy-vf there (docs/libvirt.md).";
    }

    @Override
    public String documents() {
        return String.join("\n", devices.devices());
    }

    /** A connection that was lost is told as a change, and refuses the reading that follows. */
    @Override
    public Subscription watch(Runnable changed, Consumer<String> ended) {
        return devices.listenForDevices(changed);
    }

    @Override
    public void close() {}
}
