// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.Consent;
import org.understudy.api.Cooperation;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.HostView;
import org.understudy.api.Migrations;
import org.understudy.api.NicSelector;
import org.understudy.api.PairChange;
import org.understudy.api.PairRequest;
import org.understudy.api.Pairs;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryForm;
import org.understudy.api.PrimaryKind;
import org.understudy.api.Severity;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VirtualMachines;
import org.understudy.api.Vm;
import org.understudy.api.VmInventory;
import org.understudy.api.VmName;
import org.understudy.api.VmOnHost;

class CommandsTest {
    private static final Finding BROKEN =
            Finding.of(FindingCode.MAC_MISMATCH, "vm web1", "the MACs differ", "Make them equal.");

    private final Terminal terminal = new Terminal();
    private final VirtualMachines vms = mock(VirtualMachines.class);
    private final Pairs pairs = mock(Pairs.class);

    private <C extends VmCommand> C command(String vm, C command) {
        terminal.ready(command).vm = vm;
        command.vms = vms;
        return command;
    }

    @Test
    void printsAnErrorWithItsRemedyAndExitStatus() {
        when(vms.examine(any())).thenThrow(new UnderstudyException(ErrorCode.VM_NOT_FOUND, "no VM 'web1'"));

        assertThat(command("web1", new VmShow()).execute()).isEqualTo(ErrorCode.VM_NOT_FOUND.exitCode());

        assertThat(terminal.text())
                .isEqualToIgnoringNewLines("Error: no VM 'web1'Remedy: List the VMs with understudy:vm-list.");
    }

    @Test
    void printsAnErrorAsOneDocumentWithJson() {
        VmShow show = command("", new VmShow());
        show.json = true;

        assertThat(show.execute()).isEqualTo(ErrorCode.INVALID_ARGUMENT.exitCode());

        assertThat(terminal.text().lines())
                .hasSize(1)
                .first()
                .asString()
                .startsWith("JSON {error={code=INVALID_ARGUMENT");
    }

    @ParameterizedTest
    @ValueSource(strings = {"web server", "a:b", "-rf", "it's", "$(x);", "\uD83D\uDE00", "../etc"})
    void addressesAVmOfAnyName(String name) {
        command(name, new VmStart()).execute();
        verify(vms).start(new VmName(name));

        command("alpha/" + name, new VmStart()).execute();
        verify(vms).start(new VmOnHost(new HostName("alpha"), name));
    }

    @Test
    void printsANameThatWouldForgeALineEscaped() {
        Vm vm = Samples.vm(PrimaryKind.VF);
        Vm odd = new Vm(new VmName("a\n\u001B[31mweb2"), vm.uuid(), vm.host(), vm.state(), vm.nics(), vm.pairs());
        when(vms.list()).thenReturn(new VmInventory(List.of(odd), List.of()));
        VmList list = terminal.ready(new VmList());
        list.vms = vms;

        list.execute();

        assertThat(terminal.text()).contains("a\\u000A\\u001B[31mweb2");
    }

    @Test
    void showsNoStackTraceForADefect() {
        doThrow(new IllegalStateException("oops")).when(vms).start(any());

        assertThat(command("web1", new VmStart()).execute()).isEqualTo(ErrorCode.INTERNAL.exitCode());

        assertThat(terminal.text()).contains("oops").doesNotContain("\tat ");
    }

    @Test
    void showsWhetherTheGuestCooperatesAndHowThatIsKnown() {
        Vm vm = Samples.vm(PrimaryKind.VF);
        Cooperation shown = new Cooperation(
                Optional.of(false),
                List.of(new Cooperation.Sign("guest agent", "no device", Instant.parse("2026-03-01T03:00:00.123Z"))));
        when(vms.examine(any()))
                .thenReturn(new Vm(
                        vm.name(),
                        vm.uuid(),
                        vm.host(),
                        vm.state(),
                        vm.nics(),
                        List.of(vm.pairs().get(0).with(shown))));

        command("web1", new VmShow()).execute();

        assertThat(terminal.text()).contains("Guest cooperates: no", "2026-03-01T03:00:00Z  guest agent: no device");
    }

    @ParameterizedTest
    @CsvSource({"EMULATED,true", "VF,false"})
    void labelsAnEmulatedPrimaryWhereverAPairIsShown(PrimaryKind kind, boolean labelled) {
        when(vms.examine(any())).thenReturn(Samples.vm(kind));
        when(vms.list()).thenReturn(new VmInventory(List.of(Samples.vm(kind)), List.of()));
        VmList list = terminal.ready(new VmList());
        list.vms = vms;

        list.execute();
        assertThat(terminal.text().contains("emulated")).isEqualTo(labelled);
        command("web1", new VmShow()).execute();

        assertThat(terminal.text().split("emulated", -1)).hasSize(labelled ? 3 : 1);
    }

    @Test
    void namesTheHostsThatDoNotAnswerBelowTheListOfVms() {
        Finding silent =
                Finding.of(FindingCode.HOST_UNAVAILABLE, "host beta", "Host beta is not open", "Check host beta.");
        when(vms.list()).thenReturn(new VmInventory(List.of(), List.of(silent)));
        VmList list = terminal.ready(new VmList());
        list.vms = vms;

        assertThat(list.execute()).isNull();

        assertThat(terminal.text())
                .contains("No VMs on the hosts that answer", "Host beta is not open", "Check host beta.");
    }

    @Test
    void labelsAMigrationOfAnEmulatedPrimaryInTheListAndWhereItIsShown() {
        Migrations migrations = mock(Migrations.class);
        when(migrations.list()).thenReturn(List.of(Samples.migration("m-1", 7)));
        when(migrations.show(any())).thenReturn(Samples.migration("m-1", 7));
        MigrationList list = terminal.ready(new MigrationList());
        list.migrations = migrations;
        MigrationShow show = terminal.ready(new MigrationShow());
        show.migrations = migrations;
        show.id = "m-1";

        list.execute();
        assertThat(terminal.text()).containsOnlyOnce("emulated");
        show.execute();

        assertThat(terminal.text()).contains("Primary      emulated");
    }

    @ParameterizedTest
    @CsvSource({"ERROR,4", "WARNING,0", "NOTICE,0"})
    void exitsWithFourIfACheckFindsAnError(Severity severity, int status) {
        when(pairs.lint(new VmName("web1"))).thenReturn(List.of(BROKEN.as(severity)));
        Lint lint = terminal.ready(new Lint());
        lint.pairs = pairs;
        lint.vm = "web1";

        Object answer = lint.execute();

        assertThat(answer == null ? 0 : answer).isEqualTo(status);
        assertThat(terminal.text()).contains("the MACs differ", "mac-mismatch", "Remedy: Make them equal.");
    }

    @Test
    void lintsADocumentFromStandardInputForAHost() {
        terminal.type("<domain/>".getBytes(StandardCharsets.UTF_8));
        when(pairs.lint("<domain/>", Optional.of(new HostName("alpha")))).thenReturn(List.of());
        Lint lint = terminal.ready(new Lint());
        lint.pairs = pairs;
        lint.file = "-";
        lint.host = "alpha";

        assertThat(lint.execute()).isNull();
        assertThat(terminal.text()).isEqualToIgnoringNewLines("No findings.");
    }

    @Test
    void requiresAVmOrAFileToLint() {
        assertThat(terminal.ready(new Lint()).execute()).isEqualTo(ErrorCode.INVALID_ARGUMENT.exitCode());
    }

    @Test
    void addsAPairAsRequested() {
        PairChange change = new PairChange(true, PairChange.Effect.AFTER_RESTART, List.of(), "<domain/>");
        when(pairs.turnOn(any(), any())).thenReturn(change);
        PairOn on = command("web1", new PairOn());
        on.pairs = pairs;
        on.nic = "1";
        on.pool = "fast";
        on.form = "plain-hostdev";
        on.consents = List.of("change-machine-type");

        assertThat(on.execute()).isNull();

        verify(pairs)
                .turnOn(
                        new VmName("web1"),
                        new PairRequest(
                                new NicSelector.ByIndex(1),
                                Optional.of(new PoolName("fast")),
                                Optional.of(PrimaryForm.PLAIN_HOSTDEV),
                                Optional.empty(),
                                Set.of(Consent.CHANGE_MACHINE_TYPE)));
        assertThat(terminal.text()).contains("shut down and started again").doesNotContain("<domain/>");
    }

    @Test
    void changesNothingInADryRunButShowsTheDocument() {
        when(vms.definition(any())).thenReturn("<domain id='1'/>");
        PairChange change = new PairChange(false, PairChange.Effect.NONE, List.of(BROKEN), "<domain id='1'/>");
        when(pairs.planOff(eq("<domain id='1'/>"), any())).thenReturn(change);
        PairOff off = command("web1", new PairOff());
        off.pairs = pairs;
        off.dryRun = true;

        assertThat(off.execute()).isEqualTo(4);
        assertThat(terminal.text()).contains("the MACs differ", "Nothing was changed.", "<domain id='1'/>");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void masksThePasswordsOfConsolesInADryRun(boolean json) {
        String planned = "<domain><devices><graphics type='vnc' passwd='s3cret'/></devices></domain>";
        when(vms.definition(any())).thenReturn("<domain id='1'/>");
        when(vms.show(any())).thenReturn(Samples.vm(PrimaryKind.VF));
        PairChange change = new PairChange(true, PairChange.Effect.AT_NEXT_START, List.of(), planned);
        when(pairs.planOff(any(), any())).thenReturn(change);
        when(pairs.planOn(any(), any(), any())).thenReturn(change);
        for (PairCommand command : List.of(new PairOff(), new PairOn())) {
            command("web1", command);
            command.pairs = pairs;
            command.dryRun = true;
            command.json = json;

            assertThat(command.execute()).isNull();
        }

        assertThat(terminal.text()).contains("passwd='***'").doesNotContain("s3cret");
    }

    @ParameterizedTest
    @ValueSource(strings = {"pool_network", "POOL_NETWORK"})
    void refusesAnUnknownForm(String form) {
        PairOn on = command("web1", new PairOn());
        on.form = form;

        assertThat(on.execute()).isEqualTo(ErrorCode.INVALID_ARGUMENT.exitCode());
        assertThat(terminal.text()).contains("pool-network, hostdev-interface, plain-hostdev");
    }

    @Test
    void definesAVmOnTheOnlyHost() {
        terminal.type("<domain/>".getBytes(StandardCharsets.UTF_8));
        when(vms.hosts()).thenReturn(List.of(host("alpha")));
        when(vms.define(new HostName("alpha"), "<domain/>")).thenReturn(List.of());
        VmDefine define = terminal.ready(new VmDefine());
        define.vms = vms;
        define.standardInput = true;

        assertThat(define.execute()).isNull();
        assertThat(terminal.text()).isEqualToIgnoringNewLines("Defined.");
    }

    @Test
    void requiresAHostIfThereAreSeveral() {
        when(vms.hosts()).thenReturn(List.of(host("alpha"), host("beta")));
        VmDefine define = terminal.ready(new VmDefine());
        define.vms = vms;
        define.standardInput = true;

        assertThat(define.execute()).isEqualTo(ErrorCode.INVALID_ARGUMENT.exitCode());
        assertThat(terminal.text()).contains("--host must name one of [alpha, beta]");
    }

    private static HostView host(String name) {
        return new HostView(new HostName(name), "qemu", true, "", List.of());
    }

    @Test
    void takesOptionsAfterTheArgumentsToo() {
        PairChange change = new PairChange(true, PairChange.Effect.NONE, List.of(), "<domain/>");
        when(pairs.turnOn(any(), any())).thenReturn(change);
        PairOn on = command("web1", new PairOn());
        on.pairs = pairs;
        on.trailing = List.of("--json", "--nic=1", "--consent", "change-machine-type", "--pool", "fast");

        assertThat(on.execute()).isNull();

        assertThat(terminal.text()).startsWith("JSON ");
        verify(pairs)
                .turnOn(
                        new VmName("web1"),
                        new PairRequest(
                                new NicSelector.ByIndex(1),
                                Optional.of(new PoolName("fast")),
                                Optional.empty(),
                                Optional.empty(),
                                Set.of(Consent.CHANGE_MACHINE_TYPE)));
    }

    @ParameterizedTest
    @CsvSource({"--jason,Unknown option '--jason'", "web2,Unexpected argument 'web2'", "--pool,needs a value"})
    void reportsInvalidWordsAfterTheArguments(String word, String message) {
        PairOn on = command("web1", new PairOn());
        on.trailing = List.of(word);

        assertThat(on.execute()).isEqualTo(ErrorCode.INVALID_ARGUMENT.exitCode());
        assertThat(terminal.text()).contains(message);
    }

    @Test
    void dumpsADefinitionInTheEncodingThatItNames() {
        String xml = "<?xml version='1.0' encoding='ISO-8859-1'?><domain>\u00FC</domain>";
        when(vms.definition(new VmName("web1"))).thenReturn(xml);

        assertThat(command("web1", new VmDump()).execute()).isNull();

        assertThat(terminal.bytes()).isEqualTo(xml.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void dumpsPasswordsOfConsolesOnlyOnRequest() {
        String xml = "<domain><devices><graphics type='vnc' passwd='secret' port='-1'/>"
                + "<graphics type='spice' passwd=\"secret\"></graphics></devices></domain>";
        when(vms.definition(new VmName("web1"))).thenReturn(xml);

        command("web1", new VmDump()).execute();
        assertThat(terminal.text())
                .isEqualTo("<domain><devices><graphics type='vnc' passwd='***' port='-1'/>"
                        + "<graphics type='spice' passwd=\"***\"></graphics></devices></domain>");
        VmDump whole = command("web1", new VmDump());
        whole.trailing = List.of("--security-info");
        whole.execute();

        assertThat(terminal.text()).endsWith(xml);
    }

    @Test
    void resumesAVm() {
        when(vms.show(any())).thenReturn(Samples.vm(PrimaryKind.VF));

        assertThat(command("web1", new VmResume()).execute()).isNull();

        verify(vms).resume(new VmName("web1"));
        assertThat(terminal.text()).contains("web1", "running");
    }

    @Test
    void readsAFileInTheEncodingThatItNames(@TempDir Path folder) throws IOException {
        String xml = "<?xml version='1.0' encoding='ISO-8859-1'?><domain>\u00FC</domain>";
        Path file = Files.writeString(folder.resolve("web1.xml"), xml, StandardCharsets.ISO_8859_1);
        Lint lint = terminal.ready(new Lint());
        lint.pairs = pairs;
        lint.file = file.toString();

        assertThat(lint.execute()).isNull();
        verify(pairs).lint(xml, Optional.empty());
    }

    @Test
    void refusesAFileThatIsNotInTheEncodingThatItNames(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("web1.xml"), "<a>\u00FC</a>", StandardCharsets.ISO_8859_1);
        Lint lint = terminal.ready(new Lint());
        lint.file = file.toString();

        assertThat(lint.execute()).isEqualTo(ErrorCode.ENCODING_WRONG.exitCode());
        assertThat(terminal.text()).contains("Error: '" + file + "' is not UTF-8", "offset 3", "Remedy: Save");
    }

    @Test
    void namesTheFileThatCannotBeRead() {
        Lint lint = terminal.ready(new Lint());
        lint.file = "/nonexistent/web1.xml";

        assertThat(lint.execute()).isEqualTo(ErrorCode.IO_FAILED.exitCode());
        assertThat(terminal.text()).contains("/nonexistent/web1.xml");
    }

    @Test
    void refusesATooLargeDocument() {
        terminal.type(new byte[Documents.LARGEST + 1]);
        Lint lint = terminal.ready(new Lint());
        lint.file = "-";

        assertThat(lint.execute()).isEqualTo(ErrorCode.XML_REFUSED.exitCode());
    }
}
