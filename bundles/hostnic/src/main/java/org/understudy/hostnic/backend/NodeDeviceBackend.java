// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.backend;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.PciAddress;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.VfSettings;

/** Reads the SR-IOV functions of a host from its libvirt; changes are not supported. */
public record NodeDeviceBackend(DeviceSource source) implements SriovBackend {
    private static final List<String> MISSING = List.of(
            "lease VFs",
            "configure VFs (MAC, VLAN, trust, spoof check)",
            "bind VFs to vfio-pci",
            "add forwarding entries for standby NICs",
            "watch the settings and the use of VFs",
            "recognize PFs that are ports of a bond");

    @Override
    public String access() {
        return source.access();
    }

    @Override
    public Inventory read() {
        List<Finding> findings = new ArrayList<>();
        Inventory inventory = NodeDevices.read(
                NodeDeviceXml.documents(source.documents(), failure -> findings.add(unreadable(failure))));
        findings.addAll(inventory.findings());
        MISSING.stream().map(this::missing).forEach(findings::add);
        return new Inventory(inventory.pfs(), inventory.vfs(), findings);
    }

    private Finding unreadable(UnderstudyException failure) {
        return Finding.of(
                FindingCode.NIC_ACCESS_LIMITED,
                source.subject(),
                failure.getMessage(),
                "Check the devices of the host with virsh nodedev-dumpxml; the other devices are read as usual.");
    }

    private Finding missing(String ability) {
        return Finding.of(
                FindingCode.NIC_ACCESS_LIMITED,
                source.subject(),
                "Cannot " + ability + ": " + source.limit(),
                source.remedy());
    }

    @Override
    public Optional<String> readOnly() {
        return Optional.of("VFs are read-only (" + source.access() + "): " + source.limit());
    }

    private UnderstudyException readOnlyFailure() {
        return new UnderstudyException(ErrorCode.NOT_SUPPORTED, readOnly().orElseThrow());
    }

    @Override
    public Optional<LeaseToken> lease(PciAddress vf, LeaseOwner owner) {
        throw readOnlyFailure();
    }

    @Override
    public void prepare(LeaseToken token, VfSettings settings) {
        throw readOnlyFailure();
    }

    @Override
    public void forward(LeaseToken token, boolean on) {
        throw readOnlyFailure();
    }

    @Override
    public void release(LeaseToken token) {
        throw readOnlyFailure();
    }

    @Override
    public Subscription watch(Runnable changed, Consumer<String> ended) {
        return source.watch(changed, ended);
    }

    @Override
    public void close() {
        source.close();
    }
}
