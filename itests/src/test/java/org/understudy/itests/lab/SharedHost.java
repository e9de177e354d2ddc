// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.lab;

import java.nio.file.Path;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.understudy.itests.Built;
import org.understudy.itests.Shared;

/**
 * Passes to {@code @BeforeAll} the SR-IOV host that all classes of a run share. Each class restores it, or fails,
 * and the next class gets a new one.
 */
public final class SharedHost implements ParameterResolver, AfterAllCallback {
    private static final Namespace SPACE = Namespace.create(SharedHost.class);

    /** The state that a class must restore; the MACs of VFs are random. */
    private static final String PICTURE = """
            cd /sys/class/net/enp1s0/device
            cat sriov_numvfs
            for vf in virtfn*; do echo $vf $(cat $vf/driver_override) $(readlink $vf/driver) $(ls $vf/net); done
            ip -d link show enp1s0 | sed -n 's/ *link.ether [^,]*,//; /^ *vf /p'
            { ip -d link show enp1s0; bridge fdb show dev enp1s0 | grep self; } | grep -o '52:54:00:11:[0-9a-f:]*'
            ls /sys/class/net; find /etc/understudy /usr/local/sbin -type f 2>/dev/null
            ls -A /tmp | grep -v hsperfdata
            virsh -q list --all --name; virsh -q net-list --all --name
            pgrep -a 'qemu|java'
            true
            """;

    private record Lent(EmulatedHost host, String picture) implements AutoCloseable {
        static Lent start() {
            Path guest = Built.guest();
            EmulatedHost host = EmulatedHost.start(
                    "--libvirt",
                    "--share",
                    guest.toString(),
                    "--java",
                    System.getProperty("java.home"),
                    "--memory",
                    "3072");
            host.output("chmod", "666", "/dev/kvm");
            return new Lent(host, picture(host));
        }

        static String picture(EmulatedHost host) {
            host.output("udevadm", "settle", "-t", "10");
            return host.output("bash", "-c", PICTURE);
        }

        @Override
        public void close() {
            host.close();
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return SriovHost.class.isAssignableFrom(parameter.getParameter().getType());
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        String hardware = System.getenv("UNDERSTUDY_HARDWARE");
        if (hardware != null) {
            return new RealHost(Path.of(hardware));
        }
        return Shared.of(store(context), Lent.class, Lent::start).host();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        Lent lent = store(context).get(Lent.class, Lent.class);
        if (lent != null) {
            String now = Lent.picture(lent.host());
            if (!now.equals(lent.picture())) {
                store(context).remove(Lent.class);
                lent.close();
            }
            Leftovers.requireNone(context.getRequiredTestClass(), lent.picture(), now);
        }
    }

    private static Store store(ExtensionContext context) {
        return context.getRoot().getStore(SPACE);
    }
}
