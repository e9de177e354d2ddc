// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.lab;

import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.osgi.framework.BundleContext;
import org.understudy.api.HostName;
import org.understudy.api.PairHealth;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.spi.VfPools.Lease;
import org.understudy.config.StoredIdentity;
import org.understudy.config.YamlPolicies;
import org.understudy.core.definition.lint.NicFacts;
import org.understudy.core.health.PairHealthTracker;
import org.understudy.core.inventory.HostRegistry;
import org.understudy.core.inventory.InventoryService;
import org.understudy.core.inventory.VmLocator;
import org.understudy.core.inventory.VmReadings;
import org.understudy.core.lifecycle.VirtualMachineService;
import org.understudy.core.migration.MigrationComponent;
import org.understudy.core.probe.Probes;
import org.understudy.core.vf.FdbController;
import org.understudy.core.vf.VfLeaseController;
import org.understudy.hostnic.host.HostNicService;
import org.understudy.hostnic.host.VfLeases;
import org.understudy.qemu.host.QemuConnector;

/**
 * Runs in the emulated host: the services of Understudy without OSGi. Starts a VM with a primary from a pool, waits until its
 * guest uses the VF, runs a script, destroys the VM, and waits until the VF is released.
 */
final class InHostServer {
    private static final VmName VM = new VmName("web1");
    private static final HostName HOST = new HostName("emulated");
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private InHostServer() {}

    /** @param arguments the server's folder with understudy.yaml, the VM's definition, the script */
    public static void main(String[] arguments) throws Exception {
        try {
            serve(arguments);
            System.exit(0);
        } catch (UnderstudyException e) {
            System.out.println(e.code() + ": " + e.getMessage() + " " + e.findings());
            e.printStackTrace();
            System.exit(1);
        }
    }

    private static void serve(String[] arguments) throws Exception {
        System.setProperty("karaf.etc", arguments[0]);
        BundleContext bundle = bundle(arguments[0]);
        YamlPolicies policies = new YamlPolicies();
        HostRegistry hosts = new HostRegistry(policies);
        hosts.addConnector(new QemuConnector(Path.of(arguments[0], "qemu")));
        StoredIdentity identity = new StoredIdentity(bundle);
        HostNicService nics = new HostNicService(policies, identity);
        VfLeases pools = new VfLeases(nics, policies, identity);
        VmLocator locator = new VmLocator(hosts);
        VmReadings readings = new VmReadings(hosts);
        InventoryService inventory = new InventoryService(hosts, readings, policies);
        PairHealthTracker health = new PairHealthTracker(hosts, readings, inventory);
        health.setNics(nics);
        MigrationComponent migrations =
                new MigrationComponent(bundle, hosts, locator, inventory, policies, new Probes());
        VfLeaseController keeper = new VfLeaseController(hosts, migrations, policies);
        keeper.setPools(pools);
        keeper.setNics(nics);
        FdbController fdbController = new FdbController(health);
        fdbController.setPools(pools);
        NicFacts facts = new NicFacts();
        facts.setNics(nics);
        VirtualMachineService vms =
                new VirtualMachineService(hosts, inventory, locator, policies, health, migrations, keeper, facts);
        await("the host is open", () -> hosts.all().size() == 1);
        await("the NICs are read", () -> nics.inventories().get(0).available());
        System.out.println("findings " + vms.define(HOST, Files.readString(Path.of(arguments[1]))));
        vms.start(VM);
        Lease lease = pools.leases(HOST).get(0);
        System.out.println(
                "leased " + lease.vf() + " " + nics.inventories().get(0).access());
        await("the guest uses its VF", () -> vms.show(VM).pairs().get(0).health() == PairHealth.ACTIVE);
        System.out.println("active");
        new ProcessBuilder(arguments[2]).inheritIO().start().waitFor();
        vms.destroy(VM);
        await("the VF is given back", () -> pools.leases(HOST).isEmpty());
        System.out.println("given back");
    }

    private static BundleContext bundle(String folder) {
        return (BundleContext) Proxy.newProxyInstance(
                BundleContext.class.getClassLoader(),
                new Class<?>[] {BundleContext.class},
                (proxy, method, arguments) -> method.getName().equals("getProperty") ? folder : null);
    }

    private static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                System.out.println("timeout while waiting: " + what);
                System.exit(1);
            }
            Thread.sleep(500);
        }
    }
}
