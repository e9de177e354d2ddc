// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.karaf.shell.api.console.CommandLine;
import org.apache.karaf.shell.api.console.Session;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.HostName;
import org.understudy.api.VirtualMachines;
import org.understudy.api.Vm;
import org.understudy.api.VmInventory;
import org.understudy.api.VmName;
import org.understudy.api.VmState;

class VmCompleterTest {
    private static final UUID FIRST = new UUID(0, 1);
    private static final UUID SECOND = new UUID(0, 2);

    private final VirtualMachines vms = mock(VirtualMachines.class);

    private static Vm vm(String name, UUID uuid, String host) {
        return new Vm(new VmName(name), uuid, new HostName(host), VmState.RUNNING, List.of(), List.of());
    }

    private List<String> completions(Vm... all) {
        when(vms.list()).thenReturn(new VmInventory(List.of(all), List.of()));
        VmCompleter completer = new VmCompleter();
        completer.vms = vms;
        CommandLine line = mock(CommandLine.class);
        when(line.getCursorArgument()).thenReturn("");
        List<String> candidates = new ArrayList<>();
        completer.complete(mock(Session.class), line, candidates);
        return candidates.stream().map(String::strip).toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"web1", "b\u00FCro", "a:b", "\u05D0\u05D1"})
    void offersAName(String name) {
        assertThat(completions(vm(name, FIRST, "alpha"))).containsExactly(name);
    }

    @Test
    void offersTheHostWithANameOfTwoVms() {
        assertThat(completions(vm("web1", FIRST, "alpha"), vm("web1", SECOND, "beta"), vm("web2", SECOND, "beta")))
                .containsExactly("alpha/web1", "beta/web1", "web2");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "it's",
                "$(x)",
                "a;b",
                "a\\b",
                "\"",
                "a\tb",
                "#1",
                "{a}",
                "a|b",
                "\u202Ex",
                "~",
                "*",
                " a",
                "web server"
            })
    void offersTheUuidOfANameThatTheShellInterprets(String name) {
        assertThat(completions(vm(name, FIRST, "alpha"))).containsExactly(FIRST.toString());
        assertThat(completions(vm(name, FIRST, "alpha"), vm(name, FIRST, "beta")))
                .containsExactly("alpha/" + FIRST, "beta/" + FIRST);
    }

    @Test
    void offersTheHostWithANameThatLooksLikeAnOption() {
        assertThat(completions(vm("-rf", FIRST, "alpha"))).containsExactly("alpha/-rf");
    }
}
