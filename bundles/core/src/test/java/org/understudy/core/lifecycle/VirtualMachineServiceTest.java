// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.when;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.Alias;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.MacAddress;
import org.understudy.api.Outcome;
import org.understudy.api.Pair;
import org.understudy.api.PairHealth;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.PrimaryKind;
import org.understudy.api.UnderstudyException;
import org.understudy.api.Vm;
import org.understudy.api.VmInventory;
import org.understudy.api.VmName;
import org.understudy.api.VmOnHost;
import org.understudy.api.VmState;
import org.understudy.api.VmUuid;
import org.understudy.api.xml.Passwords;
import org.understudy.concurrent.Backoff;
import org.understudy.concurrent.testing.VirtualTimeScheduler;
import org.understudy.core.definition.lint.NicFacts;
import org.understudy.core.inventory.HostRegistry;
import org.understudy.core.inventory.InventoryService;
import org.understudy.core.inventory.VmLocator;
import org.understudy.core.inventory.VmReadings;
import org.understudy.core.testing.FakeDefinitionHost;
import org.understudy.core.testing.FakeHosts;
import org.understudy.core.vf.VfLeaseController;

class VirtualMachineServiceTest {
    private static final VmName WEB1 = new VmName("web1");

    private final FakeDefinitionHost alpha = new FakeDefinitionHost("alpha");
    private final FakeDefinitionHost beta = new FakeDefinitionHost("beta");
    private final FakeHosts fakeHosts = new FakeHosts(alpha, beta);
    private final VfLeaseController vfs =
            new VfLeaseController(fakeHosts.registry, fakeHosts.migrations, fakeHosts.policies);

    private final VirtualTimeScheduler time = new VirtualTimeScheduler();

    @AfterEach
    void close() {
        beta.recover();
        time.close();
        vfs.close();
        fakeHosts.close();
    }

    private VirtualMachineService vms() {
        return vms(fakeHosts.locator);
    }

    private VirtualMachineService vms(VmLocator locator) {
        return vms(fakeHosts.inventory, locator);
    }

    private VirtualMachineService vms(InventoryService inventory, VmLocator locator) {
        return new VirtualMachineService(
                fakeHosts.registry,
                inventory,
                locator,
                fakeHosts.policies,
                fakeHosts.health,
                fakeHosts.migrations,
                vfs,
                new NicFacts());
    }

    /** With an inventory that reads the hosts now. */
    private VmInventory list() {
        return list(fakeHosts.registry);
    }

    private VmInventory list(HostRegistry registry) {
        VmReadings readings = new VmReadings(registry);
        InventoryService inventory = new InventoryService(registry, readings, fakeHosts.policies);
        try {
            return vms(inventory, fakeHosts.locator).list();
        } finally {
            readings.close();
            inventory.close();
        }
    }

    @Test
    void showsAVmWithoutAQuestionToOtherHosts() {
        alpha.with("web1", VmState.SHUTOFF);
        VmReadings readings = new VmReadings(fakeHosts.registry);
        InventoryService inventory = new InventoryService(fakeHosts.registry, readings, fakeHosts.policies);
        try {
            VirtualMachineService vms = vms(inventory, fakeHosts.locator);
            vms.list();
            vms.hosts();
            beta.forget();

            assertThat(vms.show(WEB1).host()).isEqualTo(alpha.name());
            assertCode(ErrorCode.VM_NOT_FOUND, () -> vms.show(new VmOnHost(beta.name(), "web1")));
            assertThat(beta.questions()).containsOnly("find web1");

            alpha.removeWithoutEvent("web1");
            beta.with("web1", VmState.SHUTOFF);
            assertThat(vms.show(WEB1).host()).isEqualTo(beta.name());
        } finally {
            readings.close();
            inventory.close();
        }
    }

    @Test
    void listsTheVmsOfAllHostsByName() {
        alpha.with("web2", VmState.SHUTOFF);
        beta.with("web1", VmState.RUNNING);

        List<Vm> list = list().vms();

        assertThat(list).extracting(v -> v.name() + "@" + v.host()).containsExactly("web1@beta", "web2@alpha");
        assertThat(list.get(0).nics())
                .singleElement()
                .satisfies(n -> assertThat(n.mac()).contains(new MacAddress("52:54:00:11:22:33")));
    }

    @Test
    void doesNotListAnIncomingVm() {
        alpha.with("web1", VmState.RUNNING);
        beta.with("web1", VmState.INCOMING);

        assertThat(list().vms())
                .singleElement()
                .satisfies(v -> assertThat(v.host()).isEqualTo(new HostName("alpha")));
        assertThat(vms().show(WEB1).host()).isEqualTo(new HostName("alpha"));
    }

    @Test
    void prefersTheHostThatRunsTheVm() {
        alpha.with("web1", VmState.SHUTOFF);
        beta.with("web1", VmState.RUNNING);

        assertThat(vms().show(WEB1).host()).isEqualTo(new HostName("beta"));
        assertThat(list().vms()).hasSize(1);
    }

    @Test
    void refusesToActOnAVmThatTwoHostsRun() {
        alpha.with("web1", VmState.RUNNING);
        beta.with("web1", VmState.RUNNING);

        assertThat(list().vms()).hasSize(2);
        assertThatThrownBy(() -> vms().destroy(WEB1))
                .isInstanceOfSatisfying(
                        UnderstudyException.class,
                        e -> assertThat(e.findings())
                                .extracting(Finding::code)
                                .containsExactly(FindingCode.STATE_INCONSISTENT))
                .hasMessageContaining("RUNNING on alpha and RUNNING on beta");
    }

    @Test
    void readsThePairsFromTheHealthTracker() {
        alpha.with("web1", VmState.RUNNING);
        Pair pair = new Pair(
                new Alias("ua-s"),
                new Alias("ua-p"),
                new MacAddress("52:54:00:11:22:33"),
                Optional.empty(),
                PrimaryKind.VF,
                PairHealth.ACTIVE,
                "");
        when(fakeHosts.health.pairsOf(eq(WEB1), eq(new HostName("alpha")), any(), any(), eq(VmState.RUNNING)))
                .thenReturn(List.of(pair));

        assertThat(vms().show(WEB1).pairs()).containsExactly(pair);
    }

    @Test
    void doesNotAssumeThatAnUnresponsiveHostLacksTheVm() {
        beta.fail(new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "timed out"));

        assertCode(ErrorCode.HOST_UNAVAILABLE, () -> vms().show(WEB1));
        assertThat(list().vms()).isEmpty();
    }

    @Test
    void namesAHostThatDoesNotAnswerInTheListOfVms() {
        alpha.with("web2", VmState.RUNNING);
        beta.with("web1", VmState.PAUSED).fail(new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "timed out"));

        VmInventory listed = list();

        assertThat(listed.vms()).extracting(Vm::name).containsExactly(new VmName("web2"));
        assertThat(listed.findings()).singleElement().satisfies(f -> {
            assertThat(f.code()).isEqualTo(FindingCode.HOST_UNAVAILABLE);
            assertThat(f.subject()).isEqualTo("host beta");
            assertThat(f.message()).isEqualTo("Host beta did not answer: timed out; the state of its VMs is unknown");
        });
    }

    @Test
    void namesAHostThatIsNotOpenInTheListOfVms() {
        HostPolicy late = new HostPolicy(new HostName("gamma"), "missing", Map.of());
        when(fakeHosts.policies.current()).thenReturn(FakeHosts.policy(late));
        HostRegistry registry =
                new HostRegistry(fakeHosts.policies, time, new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(1)));

        VmInventory listed = list(registry);
        registry.close();

        assertThat(listed.vms()).isEmpty();
        assertThat(listed.findings())
                .extracting(Finding::message)
                .containsExactly("Host gamma is not open; the state of its VMs is unknown");
    }

    @Test
    void listsTheVmsOfAHostThatStopsToAnswerWithoutTheirNics() {
        alpha.with("web2", VmState.RUNNING);
        beta.with("web1", VmState.RUNNING);
        beta.failDefinitions(new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "timed out"));

        VmInventory listed = list();

        assertThat(listed.vms()).extracting(Vm::name).containsExactly(WEB1, new VmName("web2"));
        assertThat(listed.vms().get(0).nics()).isEmpty();
        assertThat(listed.findings()).extracting(Finding::subject).containsExactly("host beta");
    }

    @Test
    void listsAVmWhoseDefinitionCannotBeReadWithoutItsNics() {
        beta.with("web1", VmState.RUNNING);
        beta.failDefinitions(new UnderstudyException(ErrorCode.LIBVIRT_ERROR, "no such domain"));

        VmInventory listed = list();

        assertThat(listed.vms())
                .singleElement()
                .satisfies(vm -> assertThat(vm.nics()).isEmpty());
        assertThat(listed.findings()).isEmpty();
    }

    @Test
    void reportsThatNoHostHasTheVm() {
        assertCode(ErrorCode.VM_NOT_FOUND, () -> vms().show(WEB1));
        assertCode(ErrorCode.VM_NOT_FOUND, () -> vms().start(WEB1));
    }

    @Test
    void definesAVmAndReturnsItsNonBlockingFindings() {
        Finding note = Finding.of(FindingCode.ACCELERATOR_FALLBACK, "host alpha", "no KVM", "none");
        alpha.object(note);

        assertThat(vms().define(alpha.name(), FakeDefinitionHost.xml("web1"))).contains(note);
        assertThat(alpha.calls()).containsExactly("define web1");
    }

    @Test
    void undefinesAVmIfTheHostDropsPartsOfItsPair() {
        alpha.store(xml -> xml.replace("<alias name='ua-net'/>", ""));

        assertThatThrownBy(() -> vms().define(alpha.name(), withNamedVf()))
                .isInstanceOfSatisfying(
                        UnderstudyException.class,
                        e -> assertThat(e.findings())
                                .extracting(Finding::message)
                                .anyMatch(m -> m.contains("dropped the alias ua-net")));
        assertThat(alpha.calls()).containsExactly("define web1", "undefine web1");
    }

    @Test
    void reportsTheFindingsOfADefinitionEvenIfTheHostDoesNotRemoveIt() {
        alpha.store(xml -> xml.replace("<alias name='ua-net'/>", ""));
        alpha.refuseUndefine();

        assertThatThrownBy(() -> vms().define(alpha.name(), withNamedVf()))
                .isInstanceOfSatisfying(UnderstudyException.class, e -> {
                    assertThat(e.findings())
                            .extracting(Finding::message)
                            .anyMatch(m -> m.contains("dropped the alias ua-net"))
                            .contains("VM web1 keeps the refused definition on host alpha: undefine failed");
                    assertThat(e.findings()).extracting(Finding::code).contains(FindingCode.UNDO_FAILED);
                });
    }

    private static String withNamedVf() {
        return FakeDefinitionHost.xmlWithVf("web1")
                .replace("<interface type='network'><mac", "<interface type='hostdev'><mac")
                .replace(
                        "<source network='pool-a'/>",
                        "<source><address type='pci' bus='1' slot='0x10' function='2'/></source>");
    }

    @Test
    void reportsThatTheHostMovedADeviceOfAPair() {
        String definition = withNamedVf()
                .replace("<alias name='ua-vf'/>", "<alias name='ua-vf'/><address type='pci' bus='0x01'/>")
                .replace(
                        "<devices>",
                        "<devices><controller type='pci' index='1' model='pcie-root-port'/>"
                                + "<controller type='pci' index='2' model='pcie-root-port'/>");
        alpha.store(xml -> xml.replace("bus='0x01'", "bus='0x02'"));

        assertThat(vms().define(alpha.name(), definition))
                .filteredOn(f -> f.code() == FindingCode.DEFINITION_ALTERED)
                .singleElement()
                .satisfies(f -> assertThat(f.message()).contains("address of ua-vf is 0000:02:00.0, not 0000:01:00.0"));
    }

    @Test
    void doesNotDefineWhatTheHostDoesNotSupport() {
        alpha.object(Finding.of(FindingCode.DEFINITION_UNSUPPORTED, "vm web1", "a floppy", "remove it"));

        assertCode(ErrorCode.REFUSED_BY_FINDINGS, () -> vms().define(alpha.name(), FakeDefinitionHost.xml("web1")));
        assertThat(alpha.calls()).isEmpty();
    }

    @Test
    void doesNotDefineAVmFromADefinitionWithMaskedPasswords() {
        String stored =
                FakeDefinitionHost.xml("web1").replace("<devices>", "<devices><graphics type='vnc' passwd='s3cret'/>");
        vms().define(alpha.name(), stored);

        assertThatThrownBy(() -> vms().define(alpha.name(), Passwords.masked(stored)))
                .isInstanceOfSatisfying(
                        UnderstudyException.class,
                        e -> assertThat(e.findings())
                                .filteredOn(f -> f.code() == FindingCode.PASSWORD_MASKED)
                                .singleElement()
                                .satisfies(f -> {
                                    assertThat(f.subject()).isEqualTo("/domain/devices/graphics/@passwd");
                                    assertThat(f.remedy()).contains("vm-dump --security-info");
                                }));
        assertThat(alpha.definition(WEB1)).contains("s3cret");
    }

    @Test
    void doesNotDefineAVmWithANameInUse() {
        beta.with("web1", VmState.SHUTOFF);

        assertCode(ErrorCode.VM_EXISTS, () -> vms().define(alpha.name(), FakeDefinitionHost.xml("web1")));
        String other = FakeDefinitionHost.xml("web1").replace("000002<", "000003<");
        assertCode(ErrorCode.VM_EXISTS, () -> vms().define(beta.name(), other));
    }

    @Test
    void replacesTheDefinitionOfTheSameVmOnTheSameHost() {
        alpha.with("web1", VmState.RUNNING);

        vms().define(alpha.name(), FakeDefinitionHost.xml("web1").replace("131072", "262144"));

        assertThat(vms().definition(WEB1)).contains("262144");
    }

    @Test
    void refusesMalformedXmlAndAnUnknownHost() {
        assertCode(ErrorCode.MALFORMED_XML, () -> vms().define(alpha.name(), "<domain>"));
        assertCode(ErrorCode.HOST_NOT_FOUND, () -> vms().define(new HostName("x"), FakeDefinitionHost.xml("a")));
    }

    @Test
    void controlsAVmInAllowedStatesOnly() {
        alpha.with("off", VmState.SHUTOFF)
                .with("spare", VmState.SHUTOFF)
                .with("on", VmState.RUNNING)
                .with("still", VmState.PAUSED);
        VmName off = new VmName("off");
        VmName on = new VmName("on");
        VmName still = new VmName("still");

        assertCode(ErrorCode.WRONG_VM_STATE, () -> vms().start(on));
        assertCode(ErrorCode.WRONG_VM_STATE, () -> vms().undefine(on));
        assertCode(ErrorCode.WRONG_VM_STATE, () -> vms().shutdown(off));
        assertCode(ErrorCode.WRONG_VM_STATE, () -> vms().destroy(off));
        assertCode(ErrorCode.WRONG_VM_STATE, () -> vms().reset(off));
        assertCode(ErrorCode.WRONG_VM_STATE, () -> vms().pause(still));
        assertCode(ErrorCode.WRONG_VM_STATE, () -> vms().resume(on));
        assertThat(alpha.calls()).isEmpty();

        vms().start(off);
        vms().pause(on);
        vms().resume(still);
        vms().reset(on);
        vms().shutdown(on);
        vms().destroy(on);
        vms().undefine(new VmName("spare"));
        assertThat(alpha.calls())
                .containsExactly(
                        "start off {}",
                        "pause on",
                        "resume still",
                        "reset on",
                        "shutdown on",
                        "destroy on",
                        "undefine spare");
    }

    @Test
    void refusesCommandsForAVmThatIsBeingMigrated() {
        alpha.with("web1", VmState.PAUSED);
        fakeHosts.migrated("web1", "alpha", "beta", Optional.empty());

        for (ThrowingCallable command : List.<ThrowingCallable>of(
                () -> vms().resume(WEB1),
                () -> vms().reset(WEB1),
                () -> vms().destroy(WEB1),
                () -> vms().define(alpha.name(), FakeDefinitionHost.xml("web1")))) {
            assertCode(ErrorCode.MIGRATION_IN_PROGRESS, command);
        }
        assertThat(alpha.calls()).isEmpty();
    }

    @Test
    void controlsEachOfTwoVmsOfOneName() {
        UUID other = new UUID(0, 7);
        alpha.with("web1", VmState.RUNNING);
        beta.with("web1", other, VmState.SHUTOFF);
        fakeHosts.migrated("web1", "alpha", "gamma", Optional.empty());

        assertThat(list().vms()).extracting(vm -> vm.host().value()).containsExactly("alpha", "beta");
        vms().start(new VmOnHost(beta.name(), "web1"));
        vms().pause(new VmUuid(other));
        assertCode(ErrorCode.MIGRATION_IN_PROGRESS, () -> vms().pause(new VmOnHost(alpha.name(), "web1")));
        assertThat(alpha.calls()).isEmpty();
        assertThat(beta.calls()).containsExactly("start web1 {}", "pause web1");
    }

    @Test
    void changesTheDefinitionOfAVmWhoseNameAnotherHostHasToo() {
        alpha.with("web1", VmState.SHUTOFF);
        beta.with("web1", new UUID(0, 7), VmState.SHUTOFF);

        vms().define(alpha.name(), FakeDefinitionHost.xml("web1"));

        assertThat(alpha.calls()).containsExactly("define web1");
    }

    /** The copy is addressed by its host, so that the host which runs the VM does not come first. */
    @Test
    void doesNotStartACopyOfAVmThatRunsOnAnotherHost() {
        alpha.with("web1", VmState.SHUTOFF);
        beta.with("web1", VmState.RUNNING);

        assertThatThrownBy(() -> vms().start(new VmOnHost(alpha.name(), "web1")))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.REFUSED_BY_FINDINGS))
                .hasMessageContaining("it is RUNNING on beta");
        assertThat(alpha.calls()).isEmpty();
    }

    @Test
    void doesNotStartAVmThatAnotherHostIsReceiving() {
        alpha.with("web1", VmState.SHUTOFF);
        beta.with("web1", VmState.INCOMING);

        assertCode(ErrorCode.REFUSED_BY_FINDINGS, () -> vms().start(WEB1));
        assertThat(alpha.calls()).isEmpty();
    }

    @Test
    void doesNotResumeAVmThatMayRunOnAnUnresponsiveHost() {
        alpha.with("web1", VmState.PAUSED);
        fakeHosts.migrated("web1", "alpha", "beta", Optional.of(Outcome.NEEDS_ATTENTION));
        vms().resume(WEB1);
        assertThat(alpha.calls()).containsExactly("resume web1");

        beta.fail(new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "timed out"));

        assertThatThrownBy(() -> vms().resume(WEB1)).hasMessageContaining("host beta, where it may run");
        assertThat(alpha.calls()).hasSize(1);
    }

    /** Calls while a host hangs, until the deadline for its response has passed. */
    private <R> CompletableFuture<R> whileBetaHangs(Function<VirtualMachineService, R> call) {
        beta.hang();
        VmLocator locator = new VmLocator(fakeHosts.registry, time);
        CompletableFuture<R> answer =
                CompletableFuture.supplyAsync(() -> call.apply(vms(locator)), task -> new Thread(task).start());
        await().until(() -> time.waiting() == 1 && locator.inFlight() == 1);
        assertThat(answer).isNotDone();
        time.pass(Duration.ofSeconds(8));
        return answer;
    }

    @Test
    void queriesOnlyTheVmThatItStartsOrDefines() {
        alpha.with("web1", VmState.SHUTOFF);

        vms().start(WEB1);
        vms().define(alpha.name(), FakeDefinitionHost.xml("web1"));

        assertThat(alpha.questions()).doesNotContain("vms");
        assertThat(beta.questions()).containsOnly("find web1");
    }

    @Test
    void startsAVmOneDeadlineLaterWhileAnotherHostHangs() throws Exception {
        alpha.with("web1", VmState.SHUTOFF);

        whileBetaHangs(vms -> {
                    vms.start(WEB1);
                    return "started";
                })
                .get(1, TimeUnit.MINUTES);

        assertThat(alpha.calls()).containsExactly("start web1 {}");
        assertThat(time.waiting()).isZero();
    }

    @Test
    void definesAVmAndReportsThatAnotherHostMayHaveIt() throws Exception {
        List<Finding> findings = whileBetaHangs(vms -> vms.define(alpha.name(), FakeDefinitionHost.xml("web1")))
                .get(1, TimeUnit.MINUTES);

        assertThat(findings)
                .extracting(Finding::message)
                .containsExactly("Host beta did not answer within 8 s; whether VM 'web1' runs there is unknown");
        assertThat(time.waiting()).isZero();
    }

    @Test
    void doesNotDefineAVmOnAHostThatHangs() throws Exception {
        CompletableFuture<List<Finding>> answer =
                whileBetaHangs(vms -> vms.define(beta.name(), FakeDefinitionHost.xml("web1")));

        assertCode(ErrorCode.HOST_UNAVAILABLE, () -> {
            try {
                answer.join();
            } catch (CompletionException e) {
                throw e.getCause();
            }
        });
    }

    @Test
    void reportsTheHostThatHangsWhenItRefusesAStart() throws Exception {
        alpha.with("web1", VmState.SHUTOFF);
        fakeHosts.migrated("web1", "alpha", "beta", Optional.of(Outcome.NEEDS_ATTENTION));

        CompletableFuture<String> start = whileBetaHangs(vms -> {
            vms.start(WEB1);
            return "started";
        });

        assertThatThrownBy(() -> start.get(1, TimeUnit.MINUTES))
                .cause()
                .isInstanceOfSatisfying(
                        UnderstudyException.class,
                        e -> assertThat(e.findings())
                                .extracting(Finding::code)
                                .containsExactly(FindingCode.STATE_INCONSISTENT, FindingCode.HOST_UNAVAILABLE));
        assertThat(alpha.calls()).isEmpty();
    }

    @Test
    void doesNotStartAVmWithoutAnAvailableVf() {
        alpha.with("web1", VmState.SHUTOFF);
        alpha.define(FakeDefinitionHost.xmlWithVf("web1"));
        alpha.forget();

        assertFinding(FindingCode.POOL_NOT_SERVED, () -> vms().start(WEB1));
        assertThat(alpha.calls()).isEmpty();
    }

    private static void assertFinding(FindingCode code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        UnderstudyException.class,
                        e -> assertThat(e.findings()).extracting(Finding::code).containsExactly(code));
    }

    private static void assertCode(ErrorCode code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(code));
    }
}
