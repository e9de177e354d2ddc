// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.api.console.CommandLine;
import org.apache.karaf.shell.api.console.Completer;
import org.apache.karaf.shell.api.console.Session;
import org.apache.karaf.shell.support.completers.StringsCompleter;
import org.understudy.api.VirtualMachines;
import org.understudy.api.Vm;

/** Completes addresses of VMs: the name, unless several VMs have it or the shell would read it in another way. */
@Service
public final class VmCompleter implements Completer {
    /** Without all that the shell interprets: Karaf's shell fails on a completion that it has to quote or escape. */
    private static final Pattern PLAIN = Pattern.compile("[\\p{L}\\p{M}\\p{N}._+,@-][\\p{L}\\p{M}\\p{N}._+,@:-]*");

    @Reference
    VirtualMachines vms;

    @Override
    public int complete(Session session, CommandLine line, List<String> candidates) {
        List<Vm> all = vms.list().vms();
        return new StringsCompleter(all.stream().map(vm -> address(vm, all)).toList())
                .complete(session, line, candidates);
    }

    private static String address(Vm vm, List<Vm> all) {
        String name = vm.name().value();
        if (!PLAIN.matcher(name).matches()) {
            boolean isOnOneHost = isOnly(vm, all, Vm::uuid);
            return isOnOneHost ? vm.uuid().toString() : vm.host() + "/" + vm.uuid();
        }
        return isOnly(vm, all, Vm::name) && !name.startsWith("-") ? name : vm.host() + "/" + name;
    }

    private static boolean isOnly(Vm vm, List<Vm> all, Function<Vm, Object> key) {
        return all.stream()
                        .filter(other -> key.apply(other).equals(key.apply(vm)))
                        .count()
                == 1;
    }
}
