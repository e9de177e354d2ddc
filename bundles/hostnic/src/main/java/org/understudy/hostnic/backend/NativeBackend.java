// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.backend;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.PciAddress;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VfDefaults;
import org.understudy.api.VfDefaults.LinkState;
import org.understudy.api.spi.VfSettings;

/**
 * Reads and changes the SR-IOV functions of this machine in this process. Requires a loaded {@link NativeLibrary}.
 *
 * @param places root folders; empty texts select the default ones
 * @param self owner of this server's leases
 * @param user user that runs QEMU and must open VFs; empty: this process's own user
 * @param watchers threads, of which each watch occupies one: it blocks in the native library
 */
public record NativeBackend(Places places, String self, String user, Executor watchers) implements SriovBackend {
    private static final Logger LOG = LoggerFactory.getLogger(NativeBackend.class);
    private static final int WAIT_MILLIS = 500;

    /** Folders and files of the kernel and of libusvf. */
    public record Places(String sysfs, String dev, String state, String links, String run) {
        public static Places usual() {
            return new Places("", "", "", "", "");
        }

        String[] asArray() {
            return new String[] {sysfs, dev, state, links, run};
        }
    }

    /** True if this process may change functions. */
    public static boolean isPrivileged() {
        return NativeVf.isPrivileged();
    }

    @Override
    public String access() {
        return "in process";
    }

    @Override
    public Inventory read() {
        byte[] json = call("SR-IOV functions", () -> NativeVf.inventory(places.asArray()));
        return new InventoryJson(self).read(new String(json, StandardCharsets.UTF_8));
    }

    @Override
    public Optional<LeaseToken> lease(PciAddress vf, LeaseOwner owner) {
        return lease(vf, owner, false);
    }

    @Override
    public Optional<LeaseToken> adopt(PciAddress vf, LeaseOwner owner) {
        return lease(vf, owner, true);
    }

    private Optional<LeaseToken> lease(PciAddress vf, LeaseOwner owner, boolean adopt) {
        try {
            long fencing = NativeVf.lease(places.asArray(), vf.toString(), LeaseText.of(owner), adopt);
            return Optional.of(new LeaseToken(vf, owner, fencing));
        } catch (NativeFailure e) {
            if (ExitStatus.of(e.status()).isUnavailable()) {
                return Optional.empty();
            }
            throw failure("VF " + vf, e);
        }
    }

    @Override
    public void prepare(LeaseToken token, VfSettings settings) {
        String vf = token.vf().toString();
        String owner = LeaseText.of(token.leaseOwner());
        byte[] mac = HexFormat.ofDelimiter(":").parseHex(settings.mac().value());
        call("VF " + vf, () -> {
            NativeVf.setUp(places.asArray(), vf, owner, token.fencing(), mac, values(settings));
            if (settings.vfio()) {
                NativeVf.bind(places.asArray(), vf, owner, token.fencing(), user);
            }
            return vf;
        });
    }

    @Override
    public void forward(LeaseToken token, boolean on) {
        String vf = token.vf().toString();
        call("VF " + vf, () -> {
            NativeVf.forwarding(places.asArray(), vf, LeaseText.of(token.leaseOwner()), token.fencing(), on);
            return vf;
        });
    }

    private static int[] values(VfSettings settings) {
        VfDefaults others = settings.defaults();
        return new int[] {
            settings.vlan(),
            others.qos().orElse(-1),
            flag(settings.trust()),
            flag(settings.spoofCheck()),
            others.linkState().map(LinkState::ordinal).orElse(-1),
            others.minRate().orElse(-1),
            others.maxRate().orElse(-1)
        };
    }

    private static int flag(Optional<Boolean> wanted) {
        return wanted.map(on -> on ? 1 : 0).orElse(-1);
    }

    @Override
    public void release(LeaseToken token) {
        String vf = token.vf().toString();
        try {
            NativeVf.release(places.asArray(), vf, LeaseText.of(token.leaseOwner()), token.fencing());
        } catch (NativeFailure e) {
            if (ExitStatus.of(e.status()) != ExitStatus.NOT_FOUND) {
                throw failure("VF " + vf, e);
            }
        }
    }

    private static <T> T call(String subject, Supplier<T> call) {
        try {
            return call.get();
        } catch (NativeFailure e) {
            throw failure(subject, e);
        }
    }

    private static UnderstudyException failure(String subject, NativeFailure e) {
        return new UnderstudyException(ExitStatus.of(e.status()).code(), subject + ": " + e.getMessage(), e);
    }

    @Override
    public Subscription watch(Runnable changed, Consumer<String> ended) {
        long watch = call("Watch of SR-IOV functions", () -> NativeVf.watchOpen(places.asArray()));
        AtomicBoolean wanted = new AtomicBoolean(true);
        try {
            watchers.execute(() -> follow(watch, wanted, changed, ended));
        } catch (RejectedExecutionException e) {
            NativeVf.watchClose(watch);
            throw new UnderstudyException(
                    ErrorCode.HOST_UNAVAILABLE, "Watch of SR-IOV functions: no thread is available", e);
        }
        return () -> wanted.set(false);
    }

    /** The thread that reads the watch also closes it. */
    private static void follow(long watch, AtomicBoolean wanted, Runnable changed, Consumer<String> ended) {
        try {
            while (wanted.get()) {
                if (NativeVf.watchWait(watch, WAIT_MILLIS) > 0 && wanted.get()) {
                    changed.run();
                }
            }
        } catch (NativeFailure e) {
            LOG.debug("Watch of SR-IOV functions ended", e);
            ended.accept("watch of SR-IOV functions ended: " + e.getMessage());
        } finally {
            NativeVf.watchClose(watch);
        }
    }

    @Override
    public void close() {
        // Only watches are open, and they have their own subscription.
    }
}
