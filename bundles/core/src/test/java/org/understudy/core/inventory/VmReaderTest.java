// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.Host.VmDefinitions;
import org.understudy.api.spi.HostedVm;
import org.understudy.core.definition.DomainView;
import org.understudy.core.testing.FakeDefinitionHost;

class VmReaderTest {
    private static final HostedVm WEB1 = vm("web1");
    private static final HostedVm WEB2 = vm("web2");

    private final Host host = mock(Host.class);
    private final VmReader reader = new VmReader(DomainView::of);

    VmReaderTest() {
        when(host.name()).thenReturn(new HostName("alpha"));
    }

    private static HostedVm vm(String name) {
        return new HostedVm(new VmName(name), new UUID(1, 2), VmState.RUNNING, "");
    }

    private static VmDefinitions definitions(HostedVm vm) {
        String xml = FakeDefinitionHost.xml(vm.name().value());
        return new VmDefinitions(xml, Optional.of(xml));
    }

    @Test
    void aVmThatIsLeftOutIsReadAlone() {
        when(host.definitions(List.of(WEB1.name(), WEB2.name()))).thenReturn(Map.of(WEB1.name(), definitions(WEB1)));
        when(host.definition(WEB2.name())).thenReturn(definitions(WEB2).configured());
        when(host.liveDefinition(WEB2.name())).thenReturn(definitions(WEB2).live());

        Map<VmName, VmReading> read = reader.read(host, List.of(WEB1, WEB2));

        assertThat(read.values()).allMatch(reading -> reading.live().isPresent());
        assertThat(read).containsOnlyKeys(WEB1.name(), WEB2.name());
        verify(host, never()).definition(WEB1.name());
    }

    @Test
    void aListThatFailsHidesNoVm() {
        when(host.definitions(any())).thenThrow(new UnderstudyException(ErrorCode.LIBVIRT_ERROR, "internal error"));
        when(host.definition(WEB1.name())).thenReturn(definitions(WEB1).configured());
        when(host.liveDefinition(WEB1.name())).thenReturn(definitions(WEB1).live());

        assertThat(reader.read(host, List.of(WEB1)).get(WEB1.name()).configured())
                .isPresent();
    }

    @Test
    void aHostThatIsLostIsReportedAtOnce() {
        when(host.definitions(any())).thenThrow(new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "lost"));

        assertThatThrownBy(() -> reader.read(host, List.of(WEB1, WEB2))).hasMessage("lost");
        verify(host, never()).definition(any());
    }

    @Test
    void theLiveDefinitionOfAVmSharesWhatItHasInCommonWithTheStoredOne() {
        when(host.definitions(List.of(WEB1.name()))).thenReturn(Map.of(WEB1.name(), definitions(WEB1)));

        VmReading read = reader.read(host, List.of(WEB1)).get(WEB1.name());

        assertThat(read.live().orElseThrow().nics())
                .isSameAs(read.configured().orElseThrow().nics());
        assertThat(read.configured().orElseThrow().name()).isSameAs(WEB1.name());
    }
}
