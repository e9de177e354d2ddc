// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.Migrations;
import org.understudy.api.PairHealth;
import org.understudy.api.Policies;
import org.understudy.api.VirtualMachines;
import org.understudy.api.VmInventory;

class WebConsoleTabTest {
    private final VirtualMachines vms = mock(VirtualMachines.class);
    private final Migrations migrations = mock(Migrations.class);
    private final Policies policies = mock(Policies.class);

    @Test
    void showsTheStateOfTheFleetWithLinksToTheConsole() throws Exception {
        when(vms.list())
                .thenReturn(new VmInventory(
                        List.of(
                                Things.vm(1, Things.ALPHA, PairHealth.ACTIVE),
                                Things.vm(2, Things.ALPHA, PairHealth.FAULT)),
                        List.of()));
        when(migrations.list()).thenReturn(List.of(Things.migration("m-1", 1, 1, Optional.empty())));
        when(policies.findings())
                .thenReturn(List.of(Finding.of(FindingCode.HOST_UNAVAILABLE, "host beta", "Host beta", "Check it.")));
        StringWriter page = new StringWriter();
        Exchange exchange = new Exchange("GET", "/understudy", "");
        when(exchange.response.getWriter()).thenReturn(new PrintWriter(page));

        exchange.through(new WebConsoleTab(vms, migrations, policies));

        assertThat(page.toString())
                .contains(
                        "href=\"/understudy/\"",
                        "VMs</a></th><td>2, ",
                        "2, 1 active, 1 with a fault",
                        "0, 0 unavailable")
                .contains("Running migrations</a></th><td>1<", "Findings of the configuration</a></th><td>1<");
    }
}
