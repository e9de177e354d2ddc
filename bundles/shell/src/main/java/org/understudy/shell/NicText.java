// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.io.PrintStream;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.apache.karaf.shell.support.table.ShellTable;
import org.understudy.api.Finding;
import org.understudy.api.NicInventory;
import org.understudy.api.PoolName;
import org.understudy.api.PoolView;
import org.understudy.api.PoolView.Stock;
import org.understudy.api.VfSelector;
import org.understudy.api.VfView;

/** Prints pools and VFs as text. */
final class NicText {
    private NicText() {}

    static void pools(PrintStream out, List<PoolView> pools) {
        ShellTable table = new ShellTable();
        List.of("Pool", "Kind", "Host", "Free", "Leased", "Other", "Selects").forEach(table::column);
        for (PoolView pool : pools) {
            String selects = pool.model()
                    .orElseGet(() ->
                            pool.selectors().stream().map(VfSelector::text).collect(Collectors.joining(", ")));
            if (pool.stocks().isEmpty()) {
                table.addRow().addContent(pool.name(), TextView.word(pool.kind()), "", "", "", "", selects);
            }
            for (Stock stock : pool.stocks()) {
                table.addRow()
                        .addContent(
                                pool.name(),
                                TextView.word(pool.kind()),
                                stock.host(),
                                stock.free(),
                                stock.leased(),
                                stock.other(),
                                selects);
            }
        }
        table.emptyTableText("No pools").print(out);
        pools.forEach(pool -> TextView.findings(out, pool.findings()));
    }

    static void vfs(PrintStream out, List<NicInventory> hosts) {
        ShellTable table = new ShellTable();
        List.of("Host", "VF", "PF", "State", "Pools", "Held by", "MAC", "VLAN", "Driver", "NUMA", "Group")
                .forEach(table::column);
        for (NicInventory host : hosts) {
            for (VfView vf : host.vfs()) {
                table.addRow()
                        .addContent(
                                host.host(),
                                vf.address(),
                                vf.pfName() + "#" + vf.index(),
                                TextView.word(vf.state()),
                                vf.pools().stream().map(PoolName::value).collect(Collectors.joining(", ")),
                                vf.holder()
                                        .map(h -> h.vmName().map(vm -> vm + " ").orElse(" ") + h.primary())
                                        .orElse(""),
                                vf.mac().map(Object::toString).orElse(""),
                                text(vf.vlan()),
                                vf.driver().orElse(""),
                                text(vf.numaNode()),
                                text(vf.iommuGroup()));
            }
        }
        table.emptyTableText("No VFs").print(out);
        List<Finding> findings =
                hosts.stream().flatMap(h -> h.findings().stream()).toList();
        TextView.findings(out, findings);
    }

    private static String text(OptionalInt number) {
        return number.isPresent() ? String.valueOf(number.getAsInt()) : "";
    }
}
