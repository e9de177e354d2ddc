// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.edit;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.understudy.api.Consent;
import org.understudy.api.NicSelector;
import org.understudy.api.PairRequest;
import org.understudy.api.PciAddress;
import org.understudy.api.Policy;
import org.understudy.api.Policy.PoolPolicy;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryForm;
import org.understudy.api.PrimaryKind;
import org.understudy.api.VfSelector;

/** Pair requests of the tests, and small documents for them. */
enum PairRequests {
    POOL(PrimaryForm.POOL_NETWORK, "vfs"),
    HOSTDEV(PrimaryForm.HOSTDEV_INTERFACE, "vfs"),
    PLAIN(PrimaryForm.PLAIN_HOSTDEV, "vfs"),
    EMULATED(PrimaryForm.POOL_NETWORK, "stand-in");

    static final PciAddress VF = PciAddress.parse("0000:01:10.2");
    static final String Q35 = "arch='x86_64' machine='q35'";

    private final PrimaryForm form;
    private final String pool;

    PairRequests(PrimaryForm form, String pool) {
        this.form = form;
        this.pool = pool;
    }

    PairRequest on(NicSelector nic) {
        return new PairRequest(
                nic,
                Optional.of(new PoolName(pool)),
                Optional.of(form),
                form == PrimaryForm.POOL_NETWORK ? Optional.empty() : Optional.of(VF),
                Set.of(Consent.values()));
    }

    /** A VF pool, which is a network of the host, and an emulated one that is allowed. */
    static PlanContext context() {
        return new PlanContext(policy(), Set.of("vfs"));
    }

    /** The same without a host. */
    static PlanContext contextWithoutHost() {
        return new PlanContext(policy(), Set.of());
    }

    private static Policy policy() {
        Duration second = Duration.ofSeconds(1);
        return new Policy(
                List.of(),
                List.of(
                        new PoolPolicy(
                                new PoolName("vfs"),
                                PrimaryKind.VF,
                                List.of(VfSelector.parse("eno1#0-7")),
                                Optional.empty()),
                        new PoolPolicy(
                                new PoolName("stand-in"), PrimaryKind.EMULATED, List.of(), Optional.of("e1000e"))),
                Map.of(),
                new Policy.Deadlines(second, second, second, second, second, second, second, second),
                false,
                Optional.empty(),
                true,
                second,
                Map.of());
    }

    static String document(String osType, String devices) {
        return """
                <domain type='kvm'>
                  <name>a</name>
                  <os>
                    <type %s>hvm</type>
                  </os>
                  <devices>%s
                  </devices>
                </domain>
                """.formatted(osType, devices);
    }

    /** A virtio NIC with the MAC 52:54:00:00:00:0n. */
    static String nic(int n, String more) {
        return """

                    <interface type='bridge'>
                      <mac address='52:54:00:00:00:0%d'/>
                      <source bridge='br0'/>
                      <model type='virtio'/>%s
                    </interface>""".formatted(n, more);
    }
}
