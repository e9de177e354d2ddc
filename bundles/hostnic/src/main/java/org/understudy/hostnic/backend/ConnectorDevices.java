// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.backend;

import java.util.function.Consumer;
import org.understudy.api.HostName;
import org.understudy.api.Subscription;
import org.understudy.api.spi.HostDevices;

/** Devices of a host over the connection that manages its VMs, which its connector closes. */
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
        return "NICs of host " + host + " are accessible through libvirt only";
    }

    @Override
    public String remedy() {
        return "Set nics of the host to access: ssh, and install understudy-vf on the host (docs/libvirt.md).";
    }

    @Override
    public String documents() {
        return String.join("\n", devices.devices());
    }

    /** A lost connection is reported as a change; the read that follows fails. */
    @Override
    public Subscription watch(Runnable changed, Consumer<String> ended) {
        return devices.listenForDevices(changed);
    }

    @Override
    public void close() {}
}
