// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.host;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.MacAddress;
import org.understudy.api.PciAddress;
import org.understudy.api.PfView;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VfState;
import org.understudy.api.VfView;
import org.understudy.api.VfioReadiness;
import org.understudy.api.spi.VfSettings;
import org.understudy.hostnic.backend.SriovBackend;

/** A machine with one PF eno1 and VFs that stores its leases, like a real one. */
final class FakeMachine {
    static final PciAddress PF = PciAddress.parse("01:00.0");

    private record LeaseRecord(
            SriovBackend.LeaseOwner leaseOwner, long fencing, Optional<MacAddress> mac, Optional<String> driver) {}

    private final Map<PciAddress, Integer> present = new TreeMap<>();
    private final Map<PciAddress, LeaseRecord> leases = new TreeMap<>();
    private final Map<PciAddress, List<String>> used = new TreeMap<>();
    private final List<Runnable> watchers = new CopyOnWriteArrayList<>();
    private final List<Consumer<String>> endListeners = new CopyOnWriteArrayList<>();
    final List<PciAddress> failing = new CopyOnWriteArrayList<>();
    /** Part of each inventory. */
    final List<Finding> findings = new CopyOnWriteArrayList<>();

    final List<String> calls = new CopyOnWriteArrayList<>();
    /** Called before each change of a forwarding entry; may block. */
    volatile Runnable beforeForward = () -> {};

    /** The highest rate of each prepared VF. */
    final Map<PciAddress, OptionalInt> rates = new ConcurrentHashMap<>();

    /** The PF refuses a rate above it. */
    volatile int maxRate = Integer.MAX_VALUE;

    private long fencing;
    private boolean unreachable;

    FakeMachine(int vfs) {
        for (int i = 0; i < vfs; i++) {
            present.put(vf(i), i);
        }
    }

    static PciAddress vf(int index) {
        return new PciAddress(0, 1, 0x10 + index / 4, index % 4 * 2);
    }

    synchronized void vanish(int index) {
        present.remove(vf(index));
        watchers.forEach(Runnable::run);
    }

    /** Another program uses a VF; signs as of {@link VfView#signs}. */
    synchronized void use(int index, String... signs) {
        used.put(vf(index), List.of(signs));
        watchers.forEach(Runnable::run);
    }

    synchronized void appear(int index) {
        present.put(vf(index), index);
        watchers.forEach(Runnable::run);
    }

    /** Makes the machine unreachable until {@link #reconnect}. */
    void disconnect() {
        synchronized (this) {
            unreachable = true;
        }
        endListeners.forEach(e -> e.accept("the connection was lost"));
    }

    synchronized void reconnect() {
        unreachable = false;
    }

    synchronized Optional<MacAddress> macOf(int index) {
        return Optional.ofNullable(leases.get(vf(index))).flatMap(LeaseRecord::mac);
    }

    SriovBackend open(String self) {
        require();
        return new FakeBackend(self);
    }

    private synchronized void require() {
        if (unreachable) {
            throw new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "no answer");
        }
    }

    private final class FakeBackend implements SriovBackend {
        private final String self;

        FakeBackend(String self) {
            this.self = self;
        }

        @Override
        public String access() {
            return "fake";
        }

        @Override
        public Inventory read() {
            require();
            synchronized (FakeMachine.this) {
                List<VfView> vfs = new ArrayList<>();
                present.forEach((address, index) -> vfs.add(view(address, index)));
                PfView pf = new PfView(
                        PF,
                        Optional.of("eno1"),
                        "8086",
                        "10c9",
                        Optional.of("igb"),
                        8,
                        8,
                        Optional.of(true),
                        OptionalInt.empty());
                return new Inventory(List.of(pf), vfs, List.copyOf(findings));
            }
        }

        private VfView view(PciAddress address, int index) {
            Optional<LeaseRecord> lease = Optional.ofNullable(leases.get(address));
            VfView vf = unused(address, index, lease);
            List<String> signs = used.getOrDefault(address, List.of());
            return signs.isEmpty() ? vf : vf.showing(signs).as(VfState.IN_USE, String.join("; ", signs));
        }

        private VfView unused(PciAddress address, int index, Optional<LeaseRecord> lease) {
            return new VfView(
                    address,
                    PF,
                    "eno1",
                    index,
                    lease.isPresent() ? VfState.LEASED : VfState.FREE,
                    "",
                    List.of(),
                    List.of(),
                    "8086",
                    "10ca",
                    lease.flatMap(LeaseRecord::driver),
                    Optional.empty(),
                    lease.flatMap(LeaseRecord::mac),
                    OptionalInt.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    OptionalInt.empty(),
                    OptionalInt.of(index),
                    Optional.of(false),
                    List.of(),
                    VfioReadiness.READY,
                    Optional.empty(),
                    lease.map(l -> new VfView.Holder(
                            l.leaseOwner().vm(),
                            l.leaseOwner().primary(),
                            l.leaseOwner().owner(),
                            l.fencing(),
                            l.leaseOwner().owner().equals(self))));
        }

        @Override
        public Optional<LeaseToken> lease(PciAddress vf, LeaseOwner leaseOwner) {
            require();
            synchronized (FakeMachine.this) {
                LeaseRecord now = leases.get(vf);
                if (!present.containsKey(vf) || now != null && !now.leaseOwner().equals(leaseOwner)) {
                    return Optional.empty();
                }
                long number = now == null ? ++fencing : now.fencing();
                leases.put(vf, new LeaseRecord(leaseOwner, number, Optional.empty(), Optional.of("igbvf")));
                calls.add("lease " + vf);
                return Optional.of(new LeaseToken(vf, leaseOwner, number));
            }
        }

        @Override
        public void prepare(LeaseToken leaseToken, VfSettings settings) {
            require();
            synchronized (FakeMachine.this) {
                if (failing.contains(leaseToken.vf())) {
                    throw new UnderstudyException(ErrorCode.VF_FAILED, leaseToken.vf() + " rejected its MAC");
                }
                OptionalInt rate = settings.defaults().maxRate();
                if (rate.isPresent() && rate.getAsInt() > maxRate) {
                    throw new UnderstudyException(ErrorCode.VF_FAILED, leaseToken.vf() + " rejected its rate");
                }
                rates.put(leaseToken.vf(), rate);
                leases.put(
                        leaseToken.vf(),
                        new LeaseRecord(
                                leaseToken.leaseOwner(),
                                leaseToken.fencing(),
                                Optional.of(settings.mac()),
                                Optional.of(settings.vfio() ? "vfio-pci" : "igbvf")));
            }
        }

        @Override
        public void forward(LeaseToken leaseToken, boolean on) {
            require();
            beforeForward.run();
            calls.add("forward " + leaseToken.vf() + " " + on);
        }

        @Override
        public void release(LeaseToken leaseToken) {
            require();
            synchronized (FakeMachine.this) {
                LeaseRecord now = leases.get(leaseToken.vf());
                if (now != null && now.fencing() == leaseToken.fencing()) {
                    leases.remove(leaseToken.vf());
                    calls.add("release " + leaseToken.vf());
                }
            }
        }

        @Override
        public Subscription watch(Runnable changed, Consumer<String> ended) {
            watchers.add(changed);
            endListeners.add(ended);
            return () -> {
                watchers.remove(changed);
                endListeners.remove(ended);
            };
        }

        @Override
        public void close() {
            calls.add("close");
        }
    }
}
