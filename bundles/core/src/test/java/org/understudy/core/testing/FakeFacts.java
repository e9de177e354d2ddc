// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.testing;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.understudy.api.spi.HostFacts;

/** Facts of hosts without problems. */
public final class FakeFacts {
    private FakeFacts() {}

    /** @param version such as {@code 7.2.22} */
    public static HostFacts of(String version) {
        return of(version, Set.of());
    }

    /** @param vfNetworks networks that hand out VFs */
    public static HostFacts of(String version, Set<String> vfNetworks) {
        String[] parts = version.split("\\.");
        return new HostFacts(
                "fake",
                "QEMU " + version,
                Optional.of(new HostFacts.Version(
                        Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), Integer.parseInt(parts[2]))),
                Optional.empty(),
                Optional.of("tcg"),
                Set.of("q35", "pc-q35-7.2"),
                Optional.of(true),
                Optional.empty(),
                Optional.empty(),
                vfNetworks,
                List.of());
    }
}
