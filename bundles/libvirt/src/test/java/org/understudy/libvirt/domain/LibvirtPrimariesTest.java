// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.api.Alias;
import org.understudy.api.VmName;
import org.understudy.api.spi.PrimaryPresence;

class LibvirtPrimariesTest {
    private static final String STATUS = "x-query-virtio-status";
    private static final VmName VM = new VmName("web1");
    private static final Alias STANDBY = new Alias("ua-standby0");
    private static final Alias PRIMARY = new Alias("ua-vf0");

    private final Monitor monitor = mock(Monitor.class);

    private Optional<Boolean> negotiated(int major, int minor) throws Exception {
        when(monitor.query(VM, "query-version", Map.of()))
                .thenReturn(new JsonMapper()
                        .readTree("{\"qemu\": {\"major\": " + major + ", \"minor\": " + minor + ", \"micro\": 9}}"));
        when(monitor.query(eq(VM), eq(STATUS), any()))
                .thenReturn(new JsonMapper()
                        .readTree("{\"guest-features\": {\"dev-features\": [\"VIRTIO_NET_F_STANDBY: x\"]}}"));
        return new LibvirtPrimaries(
                        mock(Domains.class),
                        mock(LibvirtDefinitions.class),
                        mock(RuntimeAliases.class),
                        monitor,
                        (vm, standby) -> Optional.empty())
                .standbyNegotiated(VM, STANDBY);
    }

    @ParameterizedTest
    @CsvSource({"7, 2", "9, 2", "10, 0"})
    void readsTheNegotiationFromAQemuThatSurvivesTheQuery(int major, int minor) throws Exception {
        assertThat(negotiated(major, minor)).contains(true);
    }

    @ParameterizedTest
    @CsvSource({"10, 1", "11, 0", "11, 1", "11, 2", "12, 0"})
    void neverSendsTheQueryToAQemuThatMayEndByItAndDoesNotKnowTheNegotiation(int major, int minor) throws Exception {
        assertThat(negotiated(major, minor)).isEmpty();
        verify(monitor, never()).query(any(), eq(STATUS), any());
    }

    @Test
    void seesNoLossInAPrimaryThatIsPluggedBetweenTwoQueries() throws Exception {
        JsonMapper json = new JsonMapper();
        AtomicBoolean plugged = new AtomicBoolean();
        when(monitor.exists()).thenReturn(true);
        LibvirtDefinitions definitions = mock(LibvirtDefinitions.class);
        when(definitions.live(VM)).thenReturn(Optional.of("""
                <domain><devices>
                  <interface type='network'><teaming type='persistent'/><alias name='ua-standby0'/></interface>
                  <interface type='hostdev'>
                    <teaming type='transient' persistent='ua-standby0'/><alias name='ua-vf0'/>
                  </interface>
                </devices></domain>
                """));
        RuntimeAliases aliases = mock(RuntimeAliases.class);
        when(aliases.deviceOf(VM, PRIMARY)).thenReturn(PRIMARY);
        when(monitor.query(VM, "query-version", Map.of()))
                .thenReturn(json.readTree("{\"qemu\": {\"major\": 9, \"minor\": 2, \"micro\": 0}}"));
        when(monitor.query(eq(VM), eq(STATUS), any()))
                .thenAnswer(call -> json.readTree(
                        plugged.getAndSet(true)
                                ? "{\"guest-features\": {\"dev-features\": [\"VIRTIO_NET_F_STANDBY: x\"]}}"
                                : "{\"guest-features\": {\"dev-features\": []}}"));
        when(monitor.query(VM, "query-pci", Map.of()))
                .thenAnswer(call -> json.readTree(
                        plugged.getAndSet(true)
                                ? "[{\"devices\": [{\"qdev_id\": \"ua-vf0\", \"regions\": []}]}]"
                                : "[{\"devices\": []}]"));

        PrimaryPresence presence = new LibvirtPrimaries(
                        mock(Domains.class), definitions, aliases, monitor, (vm, standby) -> Optional.empty())
                .presence(VM, PRIMARY);

        assertThat(presence).isEqualTo(PrimaryPresence.PLUGGED);
    }
}
