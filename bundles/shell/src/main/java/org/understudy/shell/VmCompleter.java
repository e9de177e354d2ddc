// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
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
        Map<Object, Long> names = counted(all, Vm::name);
        Map<Object, Long> uuids = counted(all, Vm::uuid);
        return new StringsCompleter(all.stream()
                        .map(vm -> address(vm, names.get(vm.name()) == 1, uuids.get(vm.uuid()) == 1))
                        .toList())
                .complete(session, line, candidates);
    }

    private static Map<Object, Long> counted(List<Vm> all, Function<Vm, Object> key) {
        return all.stream().collect(Collectors.groupingBy(key, Collectors.counting()));
    }

    private static String address(Vm vm, boolean hasOwnName, boolean isOnOneHost) {
        String name = vm.name().value();
        if (!PLAIN.matcher(name).matches()) {
            return isOnOneHost ? vm.uuid().toString() : vm.host() + "/" + vm.uuid();
        }
        return hasOwnName && !name.startsWith("-") ? name : vm.host() + "/" + name;
    }
}
