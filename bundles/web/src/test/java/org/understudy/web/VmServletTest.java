// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoInteractions;
import static org.mockito.Mockito.when;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mockito.ArgumentCaptor;
import org.understudy.api.Alias;
import org.understudy.api.Consent;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.GuestChecks;
import org.understudy.api.HostName;
import org.understudy.api.MigrationOptions;
import org.understudy.api.Migrations;
import org.understudy.api.NicSelector;
import org.understudy.api.PairChange;
import org.understudy.api.PairRequest;
import org.understudy.api.Pairs;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryForm;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VirtualMachines;
import org.understudy.api.Vm;
import org.understudy.api.VmInventory;
import org.understudy.api.VmName;
import org.understudy.api.VmOnHost;
import org.understudy.api.VmState;
import org.understudy.api.VmUuid;

class VmServletTest {
    private static final VmName WEB1 = new VmName("web1");

    private final VirtualMachines vms = mock(VirtualMachines.class);
    private final Pairs pairs = mock(Pairs.class);
    private final Migrations migrations = mock(Migrations.class);
    private final GuestChecks guests = mock(GuestChecks.class);
    private final VmServlet servlet = new VmServlet(Exchange.VIEW, vms, pairs, migrations, Exchange.events(), guests);

    @BeforeEach
    void haveNoVms() {
        when(vms.list()).thenReturn(new VmInventory(List.of(), List.of()));
    }

    private Exchange ask(String method, String path, String content) throws Exception {
        return new Exchange(method, path, content).through(servlet);
    }

    @Test
    void refusesAChangeWithoutTheHeaderThatOtherSitesCannotSend() throws Exception {
        Exchange forged = new Exchange("POST", "/web1/destroy", "");
        when(forged.request.getHeader("X-Requested-With")).thenReturn(null);

        forged.through(servlet);

        assertThat(forged.status).isEqualTo(400);
        assertThat(forged.body()).contains("X-Requested-With");
        verifyNoInteractions(vms);
    }

    @Test
    void readsWithoutThatHeader() throws Exception {
        Exchange plain = new Exchange("GET", "", "");
        when(plain.request.getHeader("X-Requested-With")).thenReturn(null);

        assertThat(plain.through(servlet).status).isEqualTo(200);
    }

    @Test
    void listsVmsTogetherWithTheHostsThatDoNotAnswer() throws Exception {
        Finding silent = Finding.of(FindingCode.HOST_UNAVAILABLE, "host beta", "Host beta is not open", "Check it.");
        when(vms.list()).thenReturn(new VmInventory(List.of(), List.of(silent)));

        assertThat(ask("GET", "", "").body()).contains("VmInventory[vms=[]", "Host beta is not open");
    }

    @Test
    void answersAnErrorAsAProblemWithItsStatusAndRemedy() throws Exception {
        when(vms.show(WEB1)).thenThrow(new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "alpha is gone"));

        Exchange asked = ask("GET", "/web1", "");

        assertThat(asked.status).isEqualTo(503);
        assertThat(asked.headers).containsEntry("Content-Type", "application/problem+json");
        assertThat(asked.body()).contains("HOST_UNAVAILABLE", "alpha is gone", "Check that the host is up");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"web server", "a:b", "-rf", "100%", "a+b", "a\\b", "$(x);'\"", "\uD83D\uDE00", "\u202Ex", "a\tb"
            })
    void addressesAVmOfAnyName(String name) throws Exception {
        ask("POST", "/" + name + "/start", "");
        verify(vms).start(new VmName(name));

        ask("POST", "/" + name + "/start?host=alpha", "");
        verify(vms).start(new VmOnHost(new HostName("alpha"), name));
    }

    @Test
    void addressesAVmByItsUuidAlsoOnOneHost() throws Exception {
        UUID uuid = new UUID(1, 2);

        ask("GET", "/" + uuid, "");
        verify(vms).show(new VmUuid(uuid));

        ask("GET", "/" + uuid + "/guest?host=alpha", "");
        verify(vms).examine(new VmOnHost(new HostName("alpha"), uuid.toString()));
    }

    @Test
    void checksTheNetworkInAGuest() throws Exception {
        when(guests.check(new VmName("web1")))
                .thenReturn(List.of(Finding.of(FindingCode.GUEST_ADDRESS_MISPLACED, "vm web1", "two", "one")));

        assertThat(ask("POST", "/web1/guest-check", "").body()).contains("GUEST_ADDRESS_MISPLACED");
    }

    @Test
    void answersAnAmbiguousNameAsAConflict() throws Exception {
        when(vms.show(WEB1)).thenThrow(new UnderstudyException(ErrorCode.VM_AMBIGUOUS, "alpha/web1, beta/web1"));

        Exchange asked = ask("GET", "/web1", "");

        assertThat(asked.status).isEqualTo(409);
        assertThat(asked.body()).contains("VM_AMBIGUOUS", "alpha/web1, beta/web1", "HOST/NAME");
    }

    @Test
    void answersADefectWithoutItsStackTrace() throws Exception {
        when(vms.show(WEB1)).thenThrow(new IllegalStateException("oops"));

        Exchange asked = ask("GET", "/web1", "");

        assertThat(asked.status).isEqualTo(500);
        assertThat(asked.body()).contains("oops").doesNotContain("at org.");
    }

    @Test
    void definesAVmFromItsXmlOnTheHostAskedFor() throws Exception {
        when(vms.define(new HostName("alpha"), "<domain>ü</domain>")).thenReturn(List.of());

        assertThat(ask("POST", "?host=alpha", "<domain>ü</domain>").status).isEqualTo(201);
        assertThat(ask("POST", "", "<domain/>").body()).contains("'host' is missing");
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-8", "ISO-8859-1", "UTF-16"})
    void acceptsAndReturnsADocumentInItsOwnEncoding(String encoding) throws Exception {
        String xml = "<?xml version='1.0' encoding='" + encoding + "'?><domain>\u00FC</domain>";
        byte[] bytes = xml.getBytes(encoding);
        ArgumentCaptor<String> defined = ArgumentCaptor.forClass(String.class);
        when(vms.define(any(), defined.capture())).thenReturn(List.of());

        assertThat(new Exchange("POST", "?host=alpha", bytes).through(servlet).status)
                .isEqualTo(201);
        assertThat(defined.getValue()).endsWith("<domain>\u00FC</domain>");
        when(vms.definition(WEB1)).thenReturn(defined.getValue());
        Exchange asked = ask("GET", "/web1/definition", "");

        assertThat(asked.bytes()).isEqualTo(bytes);
        assertThat(asked.headers)
                .containsEntry("Content-Type", "application/xml")
                .containsEntry("charset", encoding);
    }

    @Test
    void prefersTheCharsetOfTheContentTypeToThatOfTheDocument() throws Exception {
        String xml = "<?xml version='1.0' encoding='UTF-8'?><domain>\u00FC</domain>";
        Exchange posted = new Exchange("POST", "?host=alpha", xml.getBytes(StandardCharsets.ISO_8859_1));
        when(posted.request.getCharacterEncoding()).thenReturn("latin1");

        assertThat(posted.through(servlet).status).isEqualTo(201);

        verify(vms).define(new HostName("alpha"), xml);
    }

    @Test
    void refusesBytesThatAreInvalidInTheEncoding() throws Exception {
        byte[] latin1 = "<domain>\u00FC</domain>".getBytes(StandardCharsets.ISO_8859_1);

        Exchange posted = new Exchange("POST", "?host=alpha", latin1).through(servlet);

        assertThat(posted.status).isEqualTo(400);
        assertThat(posted.body()).contains("ENCODING_WRONG", "The body is not UTF-8", "offset 8", "Save the document");
        Exchange json =
                new Exchange("POST", "/web1/pair", "{\"nic\":\"\u00FC\"}".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(json.through(servlet).body()).contains("INVALID_ARGUMENT", "The body is not valid UTF-8");
        verifyNoInteractions(vms, pairs);
    }

    @Test
    void addsAPairAsRequested() throws Exception {
        when(pairs.turnOn(any(), any()))
                .thenReturn(new PairChange(true, PairChange.Effect.AT_NEXT_START, List.of(), "<domain/>"));

        Exchange asked = ask(
                "POST",
                "/web1/pair",
                "{\"nic\":\"ua-1\",\"pool\":\"fast\",\"form\":\"plain-hostdev\",\"consents\":[\"change-machine-type\"]}");

        assertThat(asked.status).isEqualTo(200);
        verify(pairs)
                .turnOn(
                        WEB1,
                        new PairRequest(
                                new NicSelector.ByAlias(new Alias("ua-1")),
                                Optional.of(new PoolName("fast")),
                                Optional.of(PrimaryForm.PLAIN_HOSTDEV),
                                Optional.empty(),
                                Set.of(Consent.CHANGE_MACHINE_TYPE)));
    }

    @ParameterizedTest
    @CsvSource({"?dry-run,true", "?dry-run=true,true", "?dry-run=false,false", "'',false"})
    void storesNothingInADryRun(String query, boolean dry) throws Exception {
        PairChange change =
                new PairChange(true, PairChange.Effect.AT_NEXT_START, List.of(), "<domain passwd='s3cret'/>");
        when(vms.show(WEB1))
                .thenReturn(new Vm(WEB1, new UUID(1, 2), new HostName("alpha"), VmState.RUNNING, List.of(), List.of()));
        when(vms.definition(WEB1)).thenReturn("<domain/>");
        when(pairs.planOn(any(), any(), any())).thenReturn(change);
        when(pairs.turnOn(any(), any())).thenReturn(change);

        Exchange asked = ask("POST", "/web1/pair" + query, "");

        assertThat(asked.status).isEqualTo(200);
        assertThat(asked.body()).contains("passwd='***'").doesNotContain("s3cret");
        verify(pairs, times(dry ? 0 : 1)).turnOn(any(), any());
        verify(pairs, times(dry ? 1 : 0)).planOn(any(), any(), any());
    }

    @ParameterizedTest
    @CsvSource({"?destination=be%74a,200", "?destination=,400", "?destination,400", "?destination=%zz,400"})
    void readsTheQueryAndNothingElse(String query, int status) throws Exception {
        when(migrations.preflight(WEB1, new HostName("beta"), MigrationOptions.defaults()))
                .thenReturn(List.of());

        assertThat(ask("GET", "/web1/preflight" + query, "").status).isEqualTo(status);
    }

    @Test
    void answersARefusedPairAsAnErrorWithItsFindings() throws Exception {
        Finding why = Finding.of(FindingCode.POOL_UNKNOWN, "vm web1", "no pool 'fast'", "Name one.");
        when(pairs.turnOff(WEB1, new NicSelector.ByIndex(0)))
                .thenReturn(new PairChange(false, PairChange.Effect.NONE, List.of(why), "<domain/>"));

        Exchange asked = ask("DELETE", "/web1/pair?nic=0", "");

        assertThat(asked.status).isEqualTo(422);
        assertThat(asked.body()).contains("no pool 'fast'");
    }

    @Test
    void passesTheDestinationToThePreflight() throws Exception {
        when(migrations.preflight(WEB1, new HostName("beta"), MigrationOptions.defaults()))
                .thenReturn(List.of());

        assertThat(ask("GET", "/web1/preflight?destination=beta", "").body()).isEqualTo("[]");
    }

    @Test
    void passesAcceptStandbyToThePreflight() throws Exception {
        when(migrations.preflight(
                        WEB1, new HostName("beta"), MigrationOptions.defaults().acceptingStandby()))
                .thenReturn(List.of());

        assertThat(ask("GET", "/web1/preflight?destination=beta&acceptStandby", "")
                        .body())
                .isEqualTo("[]");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "GET /web1/start 405",
                "PUT /web1 405",
                "POST /web1 405",
                "GET /web1/pair/0 404",
                "TRACE /web1 405",
                "GET /web1/..%2f 404"
            })
    void refusesCallsThatDoNotExist(String method, String path, int status) throws Exception {
        assertThat(ask(method, path, "").status).isEqualTo(status);
        verifyNoInteractions(vms, pairs, migrations);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"nick\":\"0\"}|'nick' is not one of",
                "{\"nic\":0}|'nic' must be a string",
                "{\"form\":\"pool_network\"}|is not one of [pool-network",
                "{\"consents\":[1]}|a list of strings",
                "[]|not a JSON object",
                "{|not JSON"
            })
    void reportsAnInvalidBody(String body, String message) throws Exception {
        Exchange asked = ask("POST", "/web1/pair", body);

        assertThat(asked.status).isEqualTo(400);
        assertThat(asked.body()).contains(message);
        verifyNoInteractions(pairs);
    }
}
