// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.domain;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.understudy.api.Alias;
import org.understudy.api.VmName;
import org.understudy.api.spi.HostEvent;

class RuntimeAliasesTest {
    private static final VmName VM = new VmName("vm");
    private static final Alias NAME = new Alias("ua-primary-of-nic0");
    private static final Alias RUNTIME = new Alias("hostdev0");

    private Optional<String> live = Optional.of(domain("<interface type='hostdev'>"
            + "<teaming type='transient' persistent='ua-nic0'/><alias name='hostdev0'/></interface>"));
    private final RuntimeAliases aliases = new RuntimeAliases(vm -> live);

    @Test
    void aPrimaryWithoutAliasHasTheOneOfItsRun() {
        assertThat(aliases.deviceOf(VM, NAME)).isEqualTo(RUNTIME);
        assertThat(aliases.nameOf(VM, RUNTIME)).isEqualTo(NAME);
    }

    @Test
    void anAliasOfTheDefinitionIsThatOfEachRun() {
        Alias own = new Alias("ua-primary0");

        assertThat(aliases.deviceOf(VM, own)).isEqualTo(own);
        assertThat(aliases.nameOf(VM, own)).isEqualTo(own);
    }

    @Test
    void eventsOfAnUnpluggedPrimaryHaveItsName() {
        aliases.deviceOf(VM, NAME);
        live = Optional.of(domain(""));

        assertThat(aliases.nameOf(VM, RUNTIME)).isEqualTo(NAME);
        assertThat(aliases.deviceOf(VM, NAME)).isEqualTo(RUNTIME);
    }

    @Test
    void anotherDeviceWithTheFormerAliasIsNotThePrimary() {
        aliases.deviceOf(VM, NAME);
        live = Optional.of(domain("<hostdev type='pci'><alias name='hostdev0'/></hostdev>"));

        assertThat(aliases.deviceOf(VM, NAME)).isEqualTo(NAME);
    }

    @Test
    void aliasesOfAnEarlierRunAreForgotten() {
        aliases.deviceOf(VM, NAME);

        aliases.update(new HostEvent.Stopped(VM, Instant.EPOCH, "destroyed"));

        assertThat(aliases.nameOf(VM, RUNTIME)).isEqualTo(RUNTIME);
    }

    @Test
    void aliasesAreForgottenOnceEventsWereMissed() {
        aliases.deviceOf(VM, NAME);

        aliases.update(new HostEvent.EventsMissed(VM, Instant.EPOCH));

        assertThat(aliases.nameOf(VM, RUNTIME)).isEqualTo(RUNTIME);
    }

    @Test
    void onlyTheCurrentAliasOfAPrimaryHasItsName() {
        aliases.deviceOf(VM, NAME);
        live = live.map(xml -> xml.replace("hostdev0", "hostdev1"));

        assertThat(aliases.deviceOf(VM, NAME)).isEqualTo(new Alias("hostdev1"));
        assertThat(aliases.nameOf(VM, new Alias("hostdev1"))).isEqualTo(NAME);
        assertThat(aliases.nameOf(VM, RUNTIME)).isEqualTo(RUNTIME);

        live = live.map(xml -> xml.replace("hostdev1", NAME.value()));
        aliases.deviceOf(VM, NAME);
        assertThat(aliases.nameOf(VM, new Alias("hostdev1"))).isEqualTo(new Alias("hostdev1"));
    }

    private static String domain(String devices) {
        return "<domain><name>vm</name><devices>" + devices + "</devices></domain>";
    }
}
