// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.understudy.api.MacAddress;
import org.understudy.api.PciAddress;
import org.understudy.api.Policy;
import org.understudy.api.Policy.PoolPolicy;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryKind;
import org.understudy.api.VfSelector;
import org.understudy.api.spi.HostFacts;
import org.understudy.api.spi.HostFacts.Version;
import org.understudy.core.definition.lint.LintContext.VfFacts;

/** Lint contexts with a single fact each. */
final class Contexts {
    /** The VF of {@link Documents#GOOD}. */
    static final PciAddress VF = PciAddress.parse("0000:41:10.2");

    private static final HostFacts NO_FACTS = new HostFacts(
            "qemu",
            "",
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Set.of(),
            Optional.empty(),
            Optional.empty(),
            List.of());

    private Contexts() {}

    static LintContext qemu(int major, int minor) {
        return versions(Optional.of(new Version(major, minor, 0)), Optional.empty());
    }

    static LintContext libvirt(int major, int minor) {
        return versions(Optional.empty(), Optional.of(new Version(major, minor, 0)));
    }

    private static LintContext versions(Optional<Version> qemu, Optional<Version> libvirt) {
        return host(new HostFacts(
                "libvirt",
                "",
                qemu,
                libvirt,
                Optional.empty(),
                Set.of(),
                Optional.empty(),
                Optional.empty(),
                List.of()));
    }

    static LintContext iommu(boolean on) {
        return host(new HostFacts(
                "qemu",
                "",
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Set.of(),
                Optional.of(on),
                Optional.empty(),
                List.of()));
    }

    static LintContext bridges(String... names) {
        return host(withBridges(Optional.of(Set.of(names))));
    }

    /** A host whose libvirt has these VF networks. */
    static LintContext vfNetworks(String... names) {
        return LintContext.of(
                policy(false).policy().orElseThrow(), Optional.of(withNetworks(Optional.empty(), Set.of(names))));
    }

    /** A host whose libvirt has only these networks. */
    static LintContext networks(String... names) {
        return host(withNetworks(Optional.of(Set.of(names)), Set.of()));
    }

    private static HostFacts withNetworks(Optional<Set<String>> all, Set<String> vfNetworks) {
        return new HostFacts(
                "libvirt",
                "",
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Set.of(),
                Optional.empty(),
                Optional.empty(),
                all,
                vfNetworks,
                List.of());
    }

    /** A migration from a source with one bridge; empty bridges of the destination are unknown. */
    static LintContext migration(String bridgeOfSource, Optional<Set<String>> bridgesOfDestination) {
        return new LintContext(
                Optional.empty(),
                Optional.of(withBridges(bridgesOfDestination)),
                Optional.of(withBridges(Optional.of(Set.of(bridgeOfSource)))),
                Map.of(),
                Map.of());
    }

    private static HostFacts withBridges(Optional<Set<String>> bridges) {
        return new HostFacts(
                "qemu",
                "",
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Set.of(),
                Optional.empty(),
                bridges,
                List.of());
    }

    /** A host without known facts. */
    static LintContext unknownHost() {
        return host(NO_FACTS);
    }

    private static LintContext host(HostFacts facts) {
        return new LintContext(Optional.empty(), Optional.of(facts), Optional.empty(), Map.of(), Map.of());
    }

    /** Each is used by the VM {@code web2}. */
    static LintContext usedMacs(String... macs) {
        return LintContext.none()
                .withMacUsers(Stream.of(macs).collect(Collectors.toMap(MacAddress::new, mac -> Set.of("web2"))));
    }

    /** Two pools, vf-pool of the PF eno1 and the emulated trial; the network default is not a VF network. */
    static LintContext policy(boolean allowEmulatedPrimary) {
        Duration second = Duration.ofSeconds(1);
        return LintContext.of(
                new Policy(
                        List.of(),
                        List.of(
                                new PoolPolicy(
                                        new PoolName("vf-pool"),
                                        PrimaryKind.VF,
                                        List.of(VfSelector.parse("eno1#0-3"), VfSelector.parse("eno1#6-7")),
                                        Optional.empty()),
                                new PoolPolicy(
                                        new PoolName("trial"), PrimaryKind.EMULATED, List.of(), Optional.of("igb"))),
                        Map.of("default", new PoolName("vf-pool")),
                        new Policy.Deadlines(second, second, second, second, second, second, second, second),
                        false,
                        Optional.empty(),
                        allowEmulatedPrimary,
                        second,
                        Map.of()),
                Optional.empty());
    }

    /** Facts of {@link #VF}. */
    static LintContext vf(VfFacts facts) {
        return new LintContext(Optional.empty(), Optional.empty(), Optional.empty(), Map.of(VF, facts), Map.of());
    }

    static LintContext heldBy(String holder) {
        return vf(new VfFacts(
                Optional.of(holder),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty()));
    }

    static LintContext groupShared(boolean shared) {
        return vf(new VfFacts(
                Optional.empty(),
                Optional.of(shared),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty()));
    }

    static LintContext settings(int vlan, boolean trusted, boolean spoofCheck) {
        return vf(new VfFacts(
                Optional.empty(),
                Optional.empty(),
                Optional.of(vlan),
                Optional.of(trusted),
                Optional.of(spoofCheck),
                Optional.empty(),
                Optional.empty()));
    }

    static LintContext parent(String pf) {
        return vf(new VfFacts(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(pf),
                Optional.empty()));
    }

    static LintContext nativeMigration(boolean supported) {
        return vf(new VfFacts(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(supported)));
    }
}
