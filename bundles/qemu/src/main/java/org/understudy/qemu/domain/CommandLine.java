// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.understudy.qemu.domain.Domain.Cpu;
import org.understudy.qemu.domain.Domain.Machine;
import org.understudy.qemu.domain.Domain.Vcpus;
import org.understudy.qemu.domain.HostOverrides.Flash;

/**
 * Builds the QEMU arguments for the virtual hardware of a domain. Package {@code process} adds the arguments of the
 * process (monitor, log, sandbox, user). A domain has the same hardware on every host.
 */
public final class CommandLine {
    private final Domain domain;
    private final HostOverrides overrides;
    private final List<String> arguments = new ArrayList<>();

    private CommandLine(Domain domain, HostOverrides overrides) {
        this.domain = domain;
        this.overrides = overrides;
    }

    /** Builds the arguments without the program name. The domain must have no findings of severity error. */
    public static List<String> of(Domain domain, HostOverrides overrides) {
        return new CommandLine(domain, overrides).build();
    }

    private List<String> build() {
        add("-name", new Options("guest=" + domain.name()).add("debug-threads", "on"));
        add("-uuid", overrides.uuid());
        machine();
        add("-accel", overrides.accelerator().equals("tcg") ? "tcg,thread=multi" : overrides.accelerator());
        cpu();
        add("-m", "size=" + domain.memory().total() + "k");
        smp();
        domain.options().forEach(o -> add(o.name(), o.value()));
        lifecycle();
        boot();
        new DeviceArguments(domain, overrides).build().forEach(arguments::add);
        return List.copyOf(arguments);
    }

    private void add(String option, Object value) {
        arguments.add(option);
        arguments.add(value.toString());
    }

    private void machine() {
        Machine machine = domain.machine();
        Options options = new Options(machine.type()).add("usb", "off").add("dump-guest-core", "off");
        options.addAll(machine.properties());
        disable("acpi", !machine.acpi(), options);
        disable("hpet", !machine.hpet(), options);
        overrides.flash().ifPresent(f -> flash(f, options));
        add("-machine", options);
    }

    /** QEMU 9.0 removed the options that old versions need. Source: QEMU docs/about/removed-features. */
    private void disable(String part, boolean off, Options machine) {
        if (off && overrides.version().atLeast(6, 0)) {
            machine.add(part, "off");
        } else if (off) {
            arguments.add("-no-" + part);
        }
    }

    private void flash(Flash flash, Options machine) {
        add("-blockdev", flashNode("pflash0", flash.formats().code(), flash.code(), true));
        add("-blockdev", flashNode("pflash1", flash.formats().variables(), flash.variables(), false));
        machine.add("pflash0", "pflash0").add("pflash1", "pflash1");
        if (flash.secure()) {
            add("-global", "driver=cfi.pflash01,property=secure,value=on");
        }
    }

    private static Options flashNode(String name, String format, Path file, boolean readOnly) {
        return Options.of("driver", format)
                .add("node-name", name)
                .add("read-only", readOnly ? "on" : "off")
                .add("file.driver", "file")
                .add("file.filename", file);
    }

    private void cpu() {
        Cpu cpu = domain.cpu();
        if (cpu instanceof Cpu.Named named) {
            add("-cpu", new Options(named.model()).addAll(named.features()));
        } else if (cpu instanceof Cpu.Maximum maximum) {
            add("-cpu", new Options("max").addAll(maximum.features()));
        } else if (cpu instanceof Cpu.Host host) {
            boolean kvm = overrides.accelerator().equals("kvm");
            List<String> features = kvm
                    ? host.features()
                    : host.features().stream()
                            .filter(f -> !f.startsWith("migratable="))
                            .toList();
            add("-cpu", new Options(kvm ? "host" : "max").addAll(features));
        } else if (cpu instanceof Cpu.Unnamed unnamed && !unnamed.features().isEmpty()) {
            add("-cpu", new Options("qemu64").addAll(unnamed.features()));
        }
    }

    private void smp() {
        Vcpus vcpus = domain.vcpus();
        Options options = new Options(Integer.toString(vcpus.current()));
        if (vcpus.maximum() != vcpus.current() || !vcpus.topology().isEmpty()) {
            options.add("maxcpus", vcpus.maximum());
        }
        add("-smp", options.addAll(vcpus.topology()));
    }

    private void lifecycle() {
        if (domain.lifecycle().rebootEnds()) {
            arguments.add("-no-reboot");
        }
        if (domain.lifecycle().panicPauses() && overrides.version().atLeast(6, 0)) {
            add("-action", "panic=pause");
        }
    }

    private void boot() {
        domain.directBoot().ifPresent(boot -> {
            add("-kernel", boot.kernel());
            boot.initrd().ifPresent(i -> add("-initrd", i));
            boot.cmdline().ifPresent(c -> add("-append", c));
        });
    }
}
