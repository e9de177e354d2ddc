// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.History;
import org.understudy.api.HostNics;
import org.understudy.api.NicInventory;
import org.understudy.api.PoolName;
import org.understudy.api.PoolView;
import org.understudy.api.PrimaryKind;
import org.understudy.api.Severity;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmState;
import org.understudy.core.inventory.MigrationLock;
import org.understudy.core.reconcile.DefinitionController;
import org.understudy.core.reconcile.PoolNetworkController;
import org.understudy.core.testing.FakeDefinitionHost;
import org.understudy.core.testing.FakeHosts;

class DoctorServiceTest {
    private final FakeDefinitionHost alpha = new FakeDefinitionHost("alpha");
    private final FakeDefinitionHost beta = new FakeDefinitionHost("beta");
    private final FakeHosts fakeHosts = new FakeHosts(alpha, beta);
    private final History history = mock(History.class);

    @AfterEach
    void close() {
        fakeHosts.close();
    }

    @Test
    void namesEverythingThatIsHealthy() {
        alpha.with("web1", VmState.RUNNING);
        when(fakeHosts.policies.findings()).thenReturn(List.of());

        List<Finding> findings = doctor().examine();

        assertThat(findings)
                .filteredOn(f -> f.code() == FindingCode.HEALTHY)
                .extracting(Finding::subject)
                .contains("java", "configuration", "host alpha", "host beta", "vms");
        assertThat(findings).allSatisfy(f -> assertThat(f.severity()).isEqualTo(Severity.NOTICE));
    }

    @Test
    void reportsAVersionOfAHostThatIsKnownToBeBroken() {
        assertThat(doctor().examine())
                .filteredOn(f -> f.code() == FindingCode.VERSION_BROKEN)
                .extracting(Finding::subject)
                .containsExactly("host alpha", "host beta");
    }

    @Test
    void sortsErrorsFirst() {
        Finding rejected = Finding.of(FindingCode.CONFIGURATION_REJECTED, "file", "line 3", "mend it");
        when(fakeHosts.policies.findings()).thenReturn(List.of(rejected));
        alpha.with("web1", VmState.SHUTOFF);
        beta.with("web1", VmState.RUNNING);

        List<Finding> findings = doctor().examine();

        assertThat(findings.get(0)).isEqualTo(rejected);
        assertThat(findings).extracting(Finding::severity).isSorted();
        assertThat(findings.get(1).code()).isEqualTo(FindingCode.STATE_INCONSISTENT);
    }

    @ParameterizedTest
    @ValueSource(ints = {17, 21, 23})
    void acceptsEveryJavaThatKarafRunsOn(int feature) {
        assertThat(new JavaCheck(feature).findings()).extracting(Finding::code).containsExactly(FindingCode.HEALTHY);
    }

    @ParameterizedTest
    @ValueSource(ints = {24, 25})
    void rejectsAJavaThatKarafDoesNotRunOn(int feature) {
        assertThat(new JavaCheck(feature).findings()).singleElement().satisfies(f -> {
            assertThat(f.code()).isEqualTo(FindingCode.JAVA_UNSUPPORTED);
            assertThat(f.message()).contains("Java " + feature);
            assertThat(f.remedy()).contains("17 or 21");
        });
    }

    @Test
    void reportsWhichHostDoesNotAnswerAndNothingAboutItsVms() {
        beta.fail(new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "timed out"));

        List<Finding> findings = doctor().examine();

        assertThat(findings.get(0).message()).contains("Host beta", "timed out");
        assertThat(findings).extracting(Finding::subject).contains("host alpha").doesNotContain("vms");
    }

    @Test
    void namesTheHostWhoseVmsCannotBeChecked() {
        beta.failVms(new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "timed out"));

        assertThat(places()).singleElement().satisfies(f -> {
            assertThat(f.code()).isEqualTo(FindingCode.HOST_UNAVAILABLE);
            assertThat(f.message()).contains("Host beta", "state of its VMs is unknown");
        });
    }

    @Test
    void findsAVmThatRunsOnTwoHosts() {
        alpha.with("web1", VmState.RUNNING);
        beta.with("web1", VmState.RUNNING);

        assertThat(places()).singleElement().satisfies(f -> {
            assertThat(f.code()).isEqualTo(FindingCode.STATE_INCONSISTENT);
            assertThat(f.severity()).isEqualTo(Severity.ERROR);
            assertThat(f.message()).contains("web1", "alpha", "beta");
        });
    }

    @Test
    void reportsNothingAboutTwoVmsOfOneName() {
        alpha.with("web1", VmState.RUNNING);
        beta.with("web1", new UUID(0, 7), VmState.RUNNING);

        assertThat(places()).extracting(Finding::code).containsExactly(FindingCode.HEALTHY);
    }

    @Test
    void warnsOfALeftoverThatIsShutOff() {
        alpha.with("web1", VmState.SHUTOFF);
        beta.with("web1", VmState.RUNNING);

        assertThat(places()).extracting(Finding::severity).containsExactly(Severity.WARNING);
    }

    @Test
    void warnsOfAQemuThatWaitsForNoMigration() {
        beta.with("web1", VmState.INCOMING);

        assertThat(places())
                .singleElement()
                .satisfies(f -> assertThat(f.message()).contains("beta", "web1"));
    }

    @Test
    void reportsNothingAboutAVmThatIsBeingMigrated() {
        alpha.with("web1", VmState.PAUSED);
        beta.with("web1", VmState.INCOMING);
        fakeHosts.migrated("web1", "alpha", "beta", Optional.empty());

        assertThat(places()).extracting(Finding::code).containsExactly(FindingCode.HEALTHY);
    }

    @Test
    void checksTheProgramsOfTheProbes(@TempDir Path folder) throws IOException {
        Path ping = Files.writeString(folder.resolve("ping"), "");
        assertThat(ping.toFile().setExecutable(true)).isTrue();

        assertThat(new ToolCheck("/nowhere:" + folder).findings())
                .extracting(Finding::code)
                .containsExactly(FindingCode.HEALTHY, FindingCode.NO_GAP_PROBE);
        assertThat(new ToolCheck("").findings())
                .allSatisfy(f -> assertThat(f.remedy()).startsWith("Install"));
    }

    @Test
    void passesOnTheFindingsOfNicsAndPools() {
        Finding gone = Finding.of(FindingCode.VF_FAULT, "VF", "VF 0000:01:10.0 is gone", "Look.");
        HostNics nics = mock(HostNics.class);
        when(nics.inventories())
                .thenReturn(List.of(
                        new NicInventory(alpha.name(), true, "command", List.of(), List.of(), List.of(gone)),
                        new NicInventory(beta.name(), true, "command", List.of(), List.of(), List.of())));
        PoolName pool = new PoolName("pool-a");
        when(nics.pools())
                .thenReturn(List.of(new PoolView(
                        pool,
                        PrimaryKind.VF,
                        List.of(),
                        Optional.empty(),
                        List.of(new PoolView.Stock(alpha.name(), 3, 2, 1)),
                        List.of())));

        assertThat(new NicCheck(Optional.of(nics)).findings())
                .extracting(Finding::message)
                .containsExactly(
                        "VF 0000:01:10.0 is gone",
                        "Host beta: SR-IOV is readable (command), PFs 0, VFs 0",
                        "Pool pool-a has 3 free and 2 leased VFs");
        assertThat(new NicCheck(Optional.empty()).findings()).isEmpty();
    }

    @Test
    void reportsAHistoryThatIsNotStored() {
        Finding finding =
                Finding.of(FindingCode.HISTORY_UNAVAILABLE, "history", "History cannot be used", "Correct it.");
        when(history.findings()).thenReturn(List.of(finding));

        assertThat(doctor().examine()).contains(finding);
    }

    private DoctorService doctor() {
        PoolNetworkController networks = mock(PoolNetworkController.class);
        when(networks.findings()).thenReturn(List.of());
        DefinitionController definitions = mock(DefinitionController.class);
        when(definitions.findings()).thenReturn(List.of());
        return new DoctorService(
                fakeHosts.policies,
                fakeHosts.registry,
                fakeHosts.locator,
                fakeHosts.migrations,
                networks,
                definitions,
                Optional.empty(),
                Optional.of(history),
                List.of());
    }

    private List<Finding> places() {
        return new PlaceCheck(fakeHosts.locator, new MigrationLock(fakeHosts.migrations)).findings();
    }
}
