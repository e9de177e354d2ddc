// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.understudy.itests.conformance.Lab.ALPHA;
import static org.understudy.itests.conformance.Lab.BETA;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.understudy.api.Alias;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.Migration;
import org.understudy.api.MigrationOptions;
import org.understudy.api.MigrationStep;
import org.understudy.api.Outcome;
import org.understudy.api.PairHealth;
import org.understudy.api.StepReport;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;

/**
 * Native PCIe hotplug instead of ACPI: after a request to unplug, the slot's power indicator blinks for five seconds. In
 * that time QEMU cannot ask again and sends no UNPLUG_PRIMARY, so only the proof of eject shows whether the VM may migrate.
 */
@Timeout(240)
class NativeHotplugIT {
    private static final String NATIVE_HOTPLUG = "-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off";

    private static final Alias PRIMARY = new Alias("ua-p");

    private final VmName vm = new VmName("native1");

    @Test
    void migratesWithABusySlotOnlyOnProofThatTheGuestReleasedThePrimary() throws IOException {
        try (Lab lab = new Lab(NATIVE_HOTPLUG, Duration.ofSeconds(20))) {
            lab.vms.define(ALPHA, lab.domain(vm, "q35", "", Nics.rightPair()));
            lab.vms.start(vm);
            lab.awaitHealth(vm, PairHealth.ACTIVE);
            lab.awaitGuest(vm, "the primary is up", state -> state.contains(",e1000e,up"));
            Host alpha = lab.hosts.host(ALPHA);
            alpha.unplugPrimary(vm, PRIMARY);
            Migration busy = lab.end(lab.migrations.start(vm, BETA, MigrationOptions.defaults()));
            StepReport toStandby = busy.steps().get(MigrationStep.TO_STANDBY.ordinal());
            assertThat(toStandby.facts()).as("QEMU did not ask again").doesNotContainKey(PRIMARY.value());
            if (busy.outcome().equals(Optional.of(Outcome.COMPLETED))) {
                // QEMU 7.2 waits for the response to the earlier request.
                assertThat(toStandby.facts()).containsKey("evidence");
                lab.assertOnlyOn(BETA, vm, VmState.RUNNING);
                lab.awaitHealth(vm, PairHealth.ACTIVE);
            } else {
                assertThat(busy.outcome()).as("%s", busy).contains(Outcome.FAILED_ON_SOURCE);
                assertThat(busy.findings()).extracting(Finding::code).contains(FindingCode.PRIMARY_NOT_RELEASED);
                lab.assertOnlyOn(ALPHA, vm, VmState.RUNNING);
            }
        }
    }
}
