// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.port;

import java.time.Duration;
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
import org.understudy.hostnic.run.Runner;
import org.understudy.hostnic.run.Runner.Output;

/**
 * The functions of a host without {@code understudy-vf}, as its libvirt sees them: nothing can be changed.
 *
 * @param virsh runs {@link #PROGRAM}
 */
public record NodeDeviceFunctions(Runner virsh) implements Functions {
    /** On the host itself, so that its libvirt needs no door to the network. */
    public static final List<String> PROGRAM = List.of("virsh", "--quiet", "--connect", "qemu:///system");

    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** A word of a command line has at most 128 KiB on Linux. */
    private static final int MOST_AT_ONCE = 1000;

    private static final String REMEDY =
            "Install understudy-vf on the host (docs/without-root.md); it is used from the next connection on.";
    private static final List<String> MISSING = List.of(
            "lease VFs",
            "configure VFs (MAC, VLAN, trust, spoof check)",
            "bind VFs to vfio-pci",
            "lead frames to the standby NIC while a guest is without its VF",
            "watch what is set for VFs, and who uses them");

    @Override
    public String access() {
        return virsh.place() + ", virsh";
    }

    @Override
    public Reading read() {
        List<String> names = run("nodedev-list", "--cap", "net,pci")
                .lines()
                .map(String::strip)
                // They become a part of virsh's own command language.
                .filter(name -> name.matches("[A-Za-z0-9_]+"))
                .toList();
        List<NodeDeviceXml> devices = new ArrayList<>();
        for (int from = 0; from < names.size(); from += MOST_AT_ONCE) {
            devices.addAll(dump(names.subList(from, Math.min(names.size(), from + MOST_AT_ONCE))));
        }
        Reading reading = NodeDevices.read(devices);
        List<Finding> findings = new ArrayList<>(reading.findings());
        MISSING.stream().map(this::missing).forEach(findings::add);
        return new Reading(reading.pfs(), reading.vfs(), findings);
    }

    /** A device that is gone by now fails alone; what the others are is printed all the same. */
    private List<NodeDeviceXml> dump(List<String> names) {
        String commands = String.join(
                "; ", names.stream().map(name -> "nodedev-dumpxml " + name).toList());
        return NodeDeviceXml.documents(virsh.run(List.of(commands), LIMIT).out());
    }

    private String run(String... arguments) {
        Output output = virsh.run(List.of(arguments), LIMIT);
        if (output.status() == 0) {
            return output.out();
        }
        String said = output.err().lines().findFirst().orElse("status " + output.status());
        throw new UnderstudyException(
                ErrorCode.HOST_UNAVAILABLE,
                ExitStatus.isMissing(output.status())
                        ? "There is neither understudy-vf nor virsh (" + virsh.place() + ")"
                        : "There is no understudy-vf, and virsh " + arguments[0] + " failed (" + virsh.place() + "): "
                                + said);
    }

    private Finding missing(String ability) {
        return Finding.of(
                FindingCode.NIC_ACCESS_LIMITED,
                virsh.place(),
                "Understudy cannot " + ability + " there: there is no understudy-vf",
                REMEDY);
    }

    @Override
    public Optional<String> readOnly() {
        return Optional.of(
                "There is no understudy-vf (" + virsh.place() + "), so VFs can be seen there and not changed");
    }

    private UnderstudyException refusal() {
        return new UnderstudyException(ErrorCode.NOT_SUPPORTED, readOnly().orElseThrow());
    }

    @Override
    public Optional<Ticket> lease(PciAddress vf, Claim claim) {
        throw refusal();
    }

    @Override
    public void prepare(Ticket ticket, VfSettings settings) {
        throw refusal();
    }

    @Override
    public void detour(Ticket ticket, boolean on) {
        throw refusal();
    }

    @Override
    public void release(Ticket ticket) {
        throw refusal();
    }

    @Override
    public Subscription watch(Runnable changed, Consumer<String> ended) {
        return virsh.follow(List.of("nodedev-event", "--event", "lifecycle", "--loop"), line -> changed.run(), ended);
    }

    @Override
    public void close() {
        virsh.close();
    }
}
