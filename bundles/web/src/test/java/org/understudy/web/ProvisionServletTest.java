// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verifyNoInteractions;
import static org.mockito.Mockito.when;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.NicProvisioning;
import org.understudy.api.NicProvisioning.Occasion;
import org.understudy.api.NicSelector;
import org.understudy.api.PairRequest;
import org.understudy.api.PciAddress;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryForm;
import org.understudy.api.Provisioned;

class ProvisionServletTest {
    private static final HostName ALPHA = new HostName("alpha");

    private final NicProvisioning provisioning = mock(NicProvisioning.class);

    private Exchange ask(String method, String path) throws Exception {
        return new Exchange(method, path, "<domain/>").through(new ProvisionServlet(Exchange.VIEW, provisioning));
    }

    @Test
    void answersWithTheDefinitionAndTheFindings() throws Exception {
        Finding veto = Finding.of(FindingCode.VETOED, "vm web1", "not today", "try tomorrow");
        when(provisioning.before(Occasion.START, ALPHA, "<domain/>", List.of()))
                .thenReturn(new Provisioned("<domain/>", List.of(veto)));

        Exchange asked = ask("POST", "/start?host=alpha");

        assertThat(asked.status).isEqualTo(200);
        assertThat(asked.body()).contains("definition=<domain/>", "VETOED");
    }

    @Test
    void passesTheRequestOn() throws Exception {
        PairRequest request = new PairRequest(
                new NicSelector.ByIndex(0),
                Optional.of(new PoolName("fast")),
                Optional.of(PrimaryForm.PLAIN_HOSTDEV),
                Optional.of(PciAddress.parse("01:10.2")),
                Set.of());
        when(provisioning.before(Occasion.DEFINE, ALPHA, "<domain/>", List.of(request)))
                .thenReturn(new Provisioned("<domain><pair/></domain>", List.of()));

        assertThat(ask("POST", "/define?host=alpha&nic=0&pool=fast&form=plain-hostdev&vf=01:10.2")
                        .body())
                .contains("<pair/>");
    }

    @Test
    void passesAnArrivalOnWithEveryRequestedNic() throws Exception {
        List<PairRequest> requests = List.of(request(0), request(1));
        when(provisioning.arriving(ALPHA, "<domain/>", requests))
                .thenReturn(new Provisioned("<domain><vf/></domain>", List.of()));

        assertThat(ask("POST", "/arriving?host=alpha&nic=0&nic=1").body()).contains("<vf/>");
    }

    private static PairRequest request(int index) {
        return new PairRequest(
                new NicSelector.ByIndex(index), Optional.empty(), Optional.empty(), Optional.empty(), Set.of());
    }

    @ParameterizedTest
    @CsvSource({
        "GET,/define?host=alpha,405",
        "POST,/define,400",
        "POST,/reboot?host=alpha,400",
        "POST,/define/more?host=alpha,404"
    })
    void refusesAnyOtherCall(String method, String path, int status) throws Exception {
        assertThat(ask(method, path).status).isEqualTo(status);
        verifyNoInteractions(provisioning);
    }
}
