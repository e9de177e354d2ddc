// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.understudy.api.xml.PlatformXml;
import org.understudy.qemu.domain.Domain.Cpu;
import org.understudy.qemu.domain.Domain.DirectBoot;
import org.understudy.qemu.domain.Domain.Firmware;
import org.understudy.qemu.domain.Domain.Lifecycle;
import org.understudy.qemu.domain.Domain.Machine;
import org.understudy.qemu.domain.Domain.Option;
import org.understudy.qemu.domain.Domain.Vcpus;

/** Reads the platform of a definition: machine type, firmware, CPU, clock, lifecycle. */
final class PlatformReader {
    private static final Pattern CPUS = Pattern.compile("(\\^?)(\\d{1,5})(?:-(\\d{1,5}))?");

    private final StrictElement root;
    private final FindingCollector collector;

    PlatformReader(StrictElement root) {
        this.root = root;
        this.collector = root.collector();
    }

    /** The content of {@code <os>}. */
    record Os(
            String machine,
            Firmware firmware,
            Optional<DirectBoot> directBoot,
            List<String> bootDevices,
            String bootMenu) {}

    Os os() {
        Optional<StrictElement> found = root.child("os");
        if (found.isEmpty()) {
            collector.incomplete(
                    "/domain/os", "The definition has no <os>", "Add <os><type machine='q35'>hvm</type></os>.");
            return new Os("q35", new Firmware.Bios(), Optional.empty(), List.of(), "");
        }
        StrictElement os = found.get();
        List<String> boot = os.children("boot").stream()
                .map(b -> b.choice("dev", "hd", "cdrom", "network"))
                .toList();
        Optional<DirectBoot> direct =
                os.textOf("kernel").map(k -> new DirectBoot(k, os.textOf("initrd"), os.textOf("cmdline")));
        String menu = os.child("bootmenu").map(PlatformReader::bootMenu).orElse("");
        return new Os(machineType(os), new FirmwareReader(os).read(), direct, boot, menu);
    }

    /** Source: qemuBuildBootCommandLine in libvirt. */
    private static String bootMenu(StrictElement menu) {
        if (menu.attribute("enable").isEmpty()) {
            return "";
        }
        if (!menu.flag("enable", false)) {
            return "menu=off,";
        }
        return "menu=on,"
                + menu.number("timeout").map(t -> "splash-time=" + t + ",").orElse("");
    }

    private String machineType(StrictElement os) {
        Optional<StrictElement> type = os.child("type");
        if (type.isEmpty()) {
            collector.incomplete(
                    "/domain/os/type", "The definition has no machine type", "Add <type machine='q35'>hvm</type>.");
            return "q35";
        }
        StrictElement t = type.get();
        if (!t.text().equals("hvm")) {
            collector.unsupported(t.path(), t.text(), "Use the type 'hvm'.");
        }
        t.choice("arch", "x86_64");
        String machine = t.attribute("machine").orElse("pc");
        if (!PlatformXml.isQ35(machine) && !machine.equals("pc") && !machine.startsWith("pc-i440fx")) {
            collector.unsupported(t.path() + "/@machine", machine, "Use q35, pc, or one of their versions.");
        }
        return machine;
    }

    Vcpus vcpus() {
        Optional<StrictElement> vcpu = root.child("vcpu");
        vcpu.ifPresent(v -> v.choice("placement", "static"));
        int maximum = vcpu.map(v -> count(v)).orElse(1);
        int current = vcpu.flatMap(v -> v.number("current")).orElse(maximum);
        if (maximum < 1 || current < 1 || current > maximum) {
            collector.unsupported(
                    "/domain/vcpu",
                    current + " of " + maximum,
                    "Set <vcpu> to at least 1, and its attribute 'current' to no more than that.");
        }
        List<String> topology = root.child("cpu")
                .flatMap(c -> c.child("topology"))
                .map(t -> topology(t, maximum))
                .orElse(List.of());
        return new Vcpus(current, maximum, topology, vcpu.flatMap(this::hostCpus));
    }

    /** Source: virBitmapParse in libvirt: numbers and ranges, and {@code ^N} for an exception from those before it. */
    private Optional<String> hostCpus(StrictElement vcpu) {
        Optional<String> list = vcpu.attribute("cpuset").map(String::strip);
        if (list.isEmpty()) {
            return list;
        }
        BitSet cpus = new BitSet();
        boolean valid = Stream.of(list.get().split(",", -1)).allMatch(part -> addCpus(part.strip(), cpus));
        if (!valid || cpus.isEmpty()) {
            collector.unsupported(
                    vcpu.path() + "/@cpuset", list.get(), "Set a list of host CPUs, such as cpuset='0-3,^2,8'.");
            return Optional.empty();
        }
        return Optional.of(cpus.stream().mapToObj(String::valueOf).collect(Collectors.joining(",")));
    }

    private static boolean addCpus(String part, BitSet cpus) {
        Matcher matcher = CPUS.matcher(part);
        if (!matcher.matches()) {
            return false;
        }
        int first = Integer.parseInt(matcher.group(2));
        int last = matcher.group(3) == null ? first : Integer.parseInt(matcher.group(3));
        boolean exception = !matcher.group(1).isEmpty();
        if (last < first || exception && (last > first || !cpus.get(first))) {
            return false;
        }
        cpus.set(first, last + 1, !exception);
        return true;
    }

    private int count(StrictElement vcpu) {
        try {
            return Integer.parseInt(vcpu.text());
        } catch (NumberFormatException e) {
            collector.unsupported(vcpu.path(), vcpu.text(), "Set <vcpu> to a whole number.");
            return 1;
        }
    }

    private List<String> topology(StrictElement topology, int vcpus) {
        List<String> parts = new ArrayList<>();
        long product = 1;
        for (String name : List.of("sockets", "dies", "cores", "threads")) {
            int n = topology.number(name).orElse(1);
            product = Math.min(product * n, Integer.MAX_VALUE);
            if (topology.attribute(name).isPresent() && (!name.equals("dies") || n > 1)) {
                parts.add(name + "=" + n);
            }
        }
        // x86 has no clusters; libvirt writes that there is one.
        topology.choice("clusters", "1");
        if (product != vcpus) {
            collector.unsupported(
                    topology.path(),
                    product + " vCPUs",
                    "Set counts whose product is the number in <vcpu>, " + vcpus + ".");
        }
        return parts;
    }

    Machine machine(Os os) {
        List<String> properties = new ArrayList<>();
        Optional<StrictElement> features = root.child("features");
        features.ifPresent(f -> f.children("pae", "apic").forEach(c -> c.choice("state", "on")));
        features.flatMap(f -> f.child("vmport"))
                .ifPresent(v -> properties.add("vmport=" + v.choice("state", "on", "off")));
        features.flatMap(f -> f.child("ioapic"))
                .ifPresent(a -> properties.add(
                        a.choice("driver", "kvm", "qemu").equals("qemu")
                                ? IommuReader.SPLIT_IRQCHIP
                                : "kernel_irqchip=on"));
        boolean secure = os.firmware() instanceof Firmware.Uefi uefi && uefi.secure();
        boolean smm = features.flatMap(f -> f.child("smm"))
                .map(s -> s.flag("state", true))
                .orElse(secure);
        if (secure && !smm) {
            collector.unsupported(
                    "/domain/features/smm/@state", "off", "Set state='on': UEFI secure boot requires SMM.");
        }
        if (secure || features.flatMap(f -> f.child("smm")).isPresent()) {
            properties.add("smm=" + (smm ? "on" : "off"));
        }
        boolean acpi = features.flatMap(f -> f.child("acpi")).isPresent();
        return new Machine(os.machine(), acpi, hpet(), properties);
    }

    private boolean hpet() {
        return timers().stream()
                .filter(t -> t.attribute("name").orElse("").equals("hpet"))
                .map(t -> t.flag("present", true))
                .findFirst()
                .orElse(true);
    }

    private List<StrictElement> timers() {
        return root.child("clock").map(c -> c.children("timer")).orElse(List.of());
    }

    Cpu cpu() {
        Optional<StrictElement> found = root.child("cpu");
        if (found.isEmpty()) {
            return new Cpu.Unnamed(List.of());
        }
        StrictElement cpu = found.get();
        List<String> features = new ArrayList<>();
        String mode = cpu.choice("mode", "custom", "host-passthrough", "host-model", "maximum");
        cpu.choice("match", "exact");
        if (cpu.choice("check", "none", "partial", "full").equals("full")) {
            features.add("enforce=on");
        }
        if (mode.equals("host-passthrough")) {
            cpu.attribute("migratable")
                    .ifPresent(m -> features.add("migratable=" + cpu.choice("migratable", "on", "off")));
        }
        for (StrictElement feature : cpu.children("feature")) {
            String policy = feature.choice("policy", "require", "force", "optional", "disable", "forbid");
            boolean on = !policy.equals("disable") && !policy.equals("forbid");
            String name = feature.attribute("name").orElse("");
            if (name.matches("[A-Za-z0-9._-]+")) {
                features.add(name + (on ? "=on" : "=off"));
            } else {
                collector.unsupported(feature.path() + "/@name", name, "Set the name of a CPU feature, such as avx2.");
            }
        }
        return switch (mode) {
            case "host-passthrough", "host-model" -> new Cpu.Host(features);
            case "maximum" -> new Cpu.Maximum(features);
            default -> named(cpu, features);
        };
    }

    private static Cpu named(StrictElement cpu, List<String> features) {
        Optional<StrictElement> model = cpu.child("model");
        model.ifPresent(m -> m.choice("fallback", "allow", "forbid"));
        return model.map(StrictElement::text)
                .<Cpu>map(name -> new Cpu.Named(name, features))
                .orElseGet(() -> new Cpu.Unnamed(features));
    }

    Lifecycle lifecycle() {
        textChoice("on_poweroff", "destroy");
        boolean rebootEnds = textChoice("on_reboot", "restart", "destroy").equals("destroy");
        String crash = textChoice("on_crash", "destroy", "preserve", "restart");
        boolean panic =
                root.child("devices").map(d -> !d.children("panic").isEmpty()).orElse(false);
        if (crash.equals("restart") && panic) {
            collector.unsupported("/domain/on_crash", crash, "Set <on_crash> to destroy or preserve.");
        }
        return new Lifecycle(rebootEnds, crash.equals("preserve"));
    }

    private String textChoice(String element, String... supported) {
        String value = root.textOf(element).orElse(supported[0]);
        if (!List.of(supported).contains(value)) {
            collector.unsupported("/domain/" + element, value, "Use one of: " + String.join(", ", supported) + ".");
        }
        return value;
    }

    /** Options that the model does not represent otherwise. */
    List<Option> options(Os os) {
        List<Option> options = new ArrayList<>();
        options.add(new Option("-rtc", rtc()));
        options.add(new Option("-boot", os.bootMenu() + "strict=on"));
        root.child("pm").ifPresent(pm -> suspend(pm, os.machine(), options));
        return options;
    }

    private String rtc() {
        String base = root.child("clock")
                .map(c -> c.choice("offset", "utc", "localtime"))
                .orElse("utc");
        String drift = "";
        for (StrictElement timer : timers()) {
            String name = timer.choice("name", "rtc", "pit", "hpet", "kvmclock");
            switch (name) {
                case "rtc" ->
                    drift = timer.choice("tickpolicy", "delay", "catchup").equals("catchup") ? ",driftfix=slew" : "";
                case "pit" -> timer.choice("tickpolicy", "delay");
                case "kvmclock" -> timer.choice("present", "yes");
                default -> timer.flag("present", true);
            }
        }
        return "base=" + base + drift;
    }

    private static void suspend(StrictElement pm, String machine, List<Option> options) {
        String chip = PlatformXml.isQ35(machine) ? "ICH9-LPC" : "PIIX4_PM";
        pm.child("suspend-to-mem")
                .filter(s -> !s.flag("enabled", true))
                .ifPresent(s -> options.add(new Option("-global", chip + ".disable_s3=1")));
        pm.child("suspend-to-disk")
                .filter(s -> !s.flag("enabled", true))
                .ifPresent(s -> options.add(new Option("-global", chip + ".disable_s4=1")));
    }
}
