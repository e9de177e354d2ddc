// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.understudy.api.Doctor;
import org.understudy.api.HostName;
import org.understudy.api.HostNics;
import org.understudy.api.NicInventory;
import org.understudy.api.Pairs;
import org.understudy.api.Policies;
import org.understudy.api.Policy;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.PoolName;
import org.understudy.api.PoolView;
import org.understudy.api.PrimaryKind;
import org.understudy.api.VfSelector;
import org.understudy.api.VirtualMachines;

class ServerServletTest {
    private static final Policy.PoolPolicy POOL = new Policy.PoolPolicy(
            new PoolName("pool-a"), PrimaryKind.VF, List.of(VfSelector.parse("eno1#0-7")), Optional.empty());

    private final Policies policies = mock(Policies.class);
    private final HostNics nics = mock(HostNics.class);

    private List<HostPolicy> hosts = List.of();

    private Exchange ask(String path, Optional<HostNics> present) throws Exception {
        Duration time = Duration.ofSeconds(1);
        Policy.Deadlines deadlines = new Policy.Deadlines(time, time, time, time, time, time, time, time);
        when(policies.current())
                .thenReturn(new Policy(
                        hosts, List.of(POOL), Map.of(), deadlines, false, Optional.empty(), false, time, Map.of()));
        ServerServlet servlet = new ServerServlet(
                Exchange.VIEW,
                mock(VirtualMachines.class),
                mock(Pairs.class),
                mock(Doctor.class),
                policies,
                Exchange.events(),
                present);
        return new Exchange("GET", path, "").through(servlet);
    }

    @Test
    void showsThePoolsOfTheConfigurationWithoutAccessToNics() throws Exception {
        assertThat(ask("/pools", Optional.empty()).body()).contains("pool-a", "eno1#0-7", "stocks=[]");
        assertThat(ask("/vfs", Optional.empty()).body()).isEqualTo("[]");
    }

    @Test
    void showsTheStockOfPoolsAndEveryVf() throws Exception {
        HostName alpha = new HostName("alpha");
        when(nics.pools())
                .thenReturn(List.of(new PoolView(
                        POOL.name(),
                        POOL.kind(),
                        POOL.selectors(),
                        POOL.model(),
                        List.of(new PoolView.Stock(alpha, 5, 2, 0)),
                        List.of())));
        when(nics.inventories())
                .thenReturn(List.of(new NicInventory(alpha, true, "command", List.of(), List.of(), List.of())));

        assertThat(ask("/pools", Optional.of(nics)).body()).contains("Stock[host=alpha, free=5, leased=2, other=0]");
        assertThat(ask("/vfs", Optional.of(nics)).body()).contains("NicInventory[host=alpha, available=true");
    }

    @Test
    void showsTheConfigurationInForceWithoutPasswords() throws Exception {
        hosts = List.of(
                new HostPolicy(
                        new HostName("beta"),
                        "peer",
                        Map.of(
                                "url", "https://admin:h@rd:guess@beta.example:8443/understudy?token=sesame&x=1",
                                "password-file", "/etc/understudy/beta.password",
                                "smtp-password", "sesame")),
                new HostPolicy(
                        new HostName("gamma"),
                        "libvirt",
                        Map.of("uri", "qemu+ssh://root@192.0.2.30:22/system?keyfile=/etc/understudy/id_ed25519")));

        assertThat(ask("/configuration", Optional.empty()).body())
                .contains(
                        "url=https://admin:***@beta.example:8443/understudy?token=***&x=1",
                        "password-file=/etc/understudy/beta.password",
                        "smtp-password=***",
                        "uri=qemu+ssh://root@192.0.2.30:22/system?keyfile=/etc/understudy/id_ed25519",
                        "pool-a")
                .doesNotContain("guess", "sesame");
    }
}
