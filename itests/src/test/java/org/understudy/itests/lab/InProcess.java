// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.lab;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.understudy.api.MacAddress;
import org.understudy.api.PciAddress;
import org.understudy.api.Subscription;
import org.understudy.api.spi.VfSettings;
import org.understudy.hostnic.backend.NativeBackend;
import org.understudy.hostnic.backend.NativeBackend.Places;
import org.understudy.hostnic.backend.NativeLibrary;
import org.understudy.hostnic.backend.SriovBackend;
import org.understudy.hostnic.backend.SriovBackend.LeaseOwner;
import org.understudy.hostnic.backend.SriovBackend.LeaseToken;

/** Runs in the SR-IOV host: one call of libusvf by JNI, with its result on standard output. */
final class InProcess {
    private static final LeaseOwner CLAIM = new LeaseOwner("it:emulated", "web1", "ua-vf0");

    private InProcess() {}

    /** @param arguments {@code prepare VF MAC VLAN}, {@code read VF} or {@code release VF FENCING} */
    public static void main(String[] arguments) throws InterruptedException {
        NativeLibrary.instance().obstacle().ifPresent(why -> {
            throw new IllegalStateException(why);
        });
        SriovBackend backend = new NativeBackend(
                Places.usual(), CLAIM.owner(), System.getProperty("qemu.user"), task -> new Thread(task).start());
        PciAddress vf = PciAddress.parse(arguments[1]);
        switch (arguments[0]) {
            case "prepare" -> prepare(backend, vf, new MacAddress(arguments[2]), Integer.parseInt(arguments[3]));
            case "release" -> backend.release(new LeaseToken(vf, CLAIM, Long.parseLong(arguments[2])));
            default ->
                backend.read().vfs().stream()
                        .filter(v -> v.address().equals(vf))
                        .forEach(System.out::println);
        }
    }

    private static void prepare(SriovBackend backend, PciAddress vf, MacAddress mac, int vlan)
            throws InterruptedException {
        CountDownLatch changed = new CountDownLatch(1);
        Subscription watch = backend.watch(changed::countDown, reason -> {});
        LeaseToken leaseToken = backend.lease(vf, CLAIM).orElseThrow();
        backend.prepare(
                leaseToken,
                new VfSettings(mac, vlan, Optional.of(true), Optional.of(false), true, OptionalInt.empty()));
        System.out.println("fencing " + leaseToken.fencing());
        System.out.println("watched " + changed.await(10, TimeUnit.SECONDS));
        watch.close();
    }
}
