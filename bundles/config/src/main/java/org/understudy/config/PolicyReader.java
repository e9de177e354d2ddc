// SPDX-License-Identifier: Apache-2.0
package org.understudy.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.understudy.api.AccessPolicy;
import org.understudy.api.MigrationStrategy;
import org.understudy.api.Policy;
import org.understudy.api.Policy.Deadlines;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.Policy.PoolPolicy;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryKind;
import org.understudy.api.ProbeTarget;
import org.understudy.api.VfDefaults;
import org.understudy.api.VfDefaults.LinkState;
import org.understudy.api.VfSelector;
import org.understudy.api.VmName;
import org.understudy.config.MarkedYaml.Shape;

/**
 * Converts the keys of a file to a policy. Every key and its default is here and in the sample file. A host, and each group
 * of other keys, with a problem keeps its last valid state.
 */
final class PolicyReader {
    private static final int LAST_VLAN = 4094;
    /** Each migration has threads of its own. */
    private static final int MOST_AT_ONCE = 100;

    private static final Duration SHORTEST = Duration.ofMillis(1);
    private static final List<String> KEYS =
            List.of("hosts", "pools", "networks", "migration", "allow-emulated-primary", "probes", "security");

    private final Problems problems;
    private final Policy lastValid;

    /** @param problems receives those of the file */
    PolicyReader(Problems problems, Policy lastValid) {
        this.problems = problems;
        this.lastValid = lastValid;
    }

    private record Pools(List<PoolPolicy> all, Map<String, PoolName> byNetwork) {}

    private record Migrations(
            Deadlines deadlines,
            boolean requireVf,
            Optional<MigrationStrategy> strategy,
            Duration settle,
            int atOnce) {}

    /** @param empty a root without keys */
    static Policy defaults(Entry empty, Problems problems) {
        Pools pools = pools(empty);
        Migrations migrations = migrations(empty.mapping("migration"));
        return policy(List.of(), pools, migrations, false, Map.of(), AccessPolicy.DEFAULT);
    }

    Policy read(Entry file) {
        if (file.shape() != Shape.MAPPING) {
            reportWithoutKeys(file);
            return lastValid;
        }
        List<String> written = file.keys();
        boolean unknownKeys = !KEYS.containsAll(written);
        // A missing key may be the one that is misspelled.
        Predicate<String> lost = key -> unknownKeys && !written.contains(key);
        HostsReader hosts = new HostsReader(problems, lastValid.hosts());
        hosts.read(file);
        Pools pools = valid(
                lost.test("pools") || lost.test("networks"),
                () -> pools(file),
                new Pools(lastValid.pools(), lastValid.networkPools()));
        Migrations migrations = valid(
                lost.test("migration"),
                () -> migrations(file.mapping("migration")),
                new Migrations(
                        lastValid.deadlines(),
                        lastValid.requireVf(),
                        lastValid.strategy(),
                        lastValid.settle(),
                        lastValid.migrationsAtOnce()));
        boolean emulated = valid(
                lost.test("allow-emulated-primary"),
                () -> flag(file, "allow-emulated-primary", false),
                lastValid.allowEmulatedPrimary());
        Map<VmName, ProbeTarget> probes =
                valid(lost.test("probes"), () -> probes(file.mapping("probes")), lastValid.probes());
        AccessPolicy access =
                valid(lost.test("security"), () -> AccessReader.read(file.mapping("security")), lastValid.access());
        file.reportUnknownKeys();
        return policy(hosts.hosts(), pools, migrations, emulated, probes, access);
    }

    private static void reportWithoutKeys(Entry file) {
        if (file.shape() == Shape.EMPTY) {
            file.problem(
                    "the file has no keys, so that nothing of it is in force",
                    "Add the keys of etc/understudy.yaml again; to remove all hosts, write hosts: [].");
        } else {
            file.mapping();
        }
    }

    private static Policy policy(
            List<HostPolicy> hosts,
            Pools pools,
            Migrations migrations,
            boolean allowEmulatedPrimary,
            Map<VmName, ProbeTarget> probes,
            AccessPolicy access) {
        return new Policy(
                hosts,
                pools.all(),
                pools.byNetwork(),
                migrations.deadlines(),
                migrations.requireVf(),
                migrations.strategy(),
                allowEmulatedPrimary,
                migrations.settle(),
                probes,
                access,
                migrations.atOnce());
    }

    /** The value, or the last valid one if a problem was found in it, or if it is lost. */
    private <T> T valid(boolean lost, Supplier<T> reader, T otherwise) {
        int before = problems.count();
        T value = reader.get();
        return lost || problems.count() > before ? otherwise : value;
    }

    private static Pools pools(Entry root) {
        List<PoolPolicy> pools = pools(root.items("pools"));
        return new Pools(pools, networks(root.mapping("networks"), pools));
    }

    private static Migrations migrations(Entry keys) {
        Migrations migrations = new Migrations(
                deadlines(keys.mapping("deadlines")),
                flag(keys, "require-vf", false),
                keys.find("strategy").flatMap(PolicyReader::strategy),
                duration(keys, "settle", Duration.ofSeconds(5), Duration.ZERO),
                number(keys, "at-once", 1, MOST_AT_ONCE).orElse(Policy.MIGRATIONS_AT_ONCE));
        keys.reportUnknownKeys();
        return migrations;
    }

    private static List<PoolPolicy> pools(List<Entry> items) {
        List<PoolPolicy> pools = new ArrayList<>();
        Set<PoolName> names = new HashSet<>();
        for (Entry item : items) {
            Entry keys = item.mapping();
            Optional<PoolName> name = keys.require("name").flatMap(e -> e.as(PoolName::new));
            name.filter(n -> !names.add(n)).ifPresent(n -> item.reportDuplicate("pool", n));
            PrimaryKind kind = keys.find("kind").flatMap(PolicyReader::kind).orElse(PrimaryKind.VF);
            List<Entry> written = keys.items("select");
            List<VfSelector> select = written.stream()
                    .flatMap(e -> e.as(VfSelector::parse).stream())
                    .toList();
            Optional<String> model = keys.find("model").flatMap(Entry::text);
            Optional<Boolean> network = keys.find("network").flatMap(Entry::flag);
            boolean adopt = flag(keys, "adopt", false);
            VfDefaults defaults = vfDefaults(item, keys);
            keys.reportUnknownKeys();
            if (name.isPresent()) {
                checkPool(item, kind, written, model);
                if (kind == PrimaryKind.EMULATED && network.isPresent()) {
                    item.problem("an emulated pool cannot have a network", "Remove network, or set kind to vf.");
                }
                if (network.equals(Optional.of(true)) && defaults.vlan().isPresent()) {
                    item.problem(
                            "libvirt does not set the VLAN of a pool that has a network",
                            "Remove vlan or network, and request the VLAN in <vlan> of the standby NIC.");
                }
                if (kind == PrimaryKind.EMULATED && (adopt || !defaults.equals(VfDefaults.NONE))) {
                    item.problem(
                            "an emulated pool has no VFs to adopt or to set up",
                            "Remove these keys, or set kind to vf.");
                }
                pools.add(new PoolPolicy(name.get(), kind, select, model, network, adopt, defaults));
            }
        }
        return List.copyOf(pools);
    }

    private static VfDefaults vfDefaults(Entry item, Entry keys) {
        VfDefaults defaults = new VfDefaults(
                keys.find("trust").flatMap(Entry::flag),
                keys.find("spoof-check").flatMap(Entry::flag),
                keys.find("link-state")
                        .flatMap(e -> word(
                                e,
                                LinkState.values(),
                                "link state",
                                "Set the key 'link-state' to auto, enable or disable.")),
                number(keys, "qos", 0, 7),
                number(keys, "min-rate", 0, Integer.MAX_VALUE),
                number(keys, "max-rate", 0, Integer.MAX_VALUE),
                number(keys, "vlan", 1, LAST_VLAN));
        int most = defaults.maxRate().orElse(0);
        if (most > 0 && defaults.minRate().orElse(0) > most) {
            item.problem("min-rate exceeds max-rate", "Lower min-rate, or raise max-rate.");
        }
        return defaults;
    }

    private static OptionalInt number(Entry keys, String key, int first, int last) {
        return keys.find(key)
                .flatMap(e -> e.number(first, last))
                .map(n -> OptionalInt.of(n.intValue()))
                .orElseGet(OptionalInt::empty);
    }

    private static Optional<PrimaryKind> kind(Entry entry) {
        return word(entry, PrimaryKind.values(), "kind of pool", "Use vf or emulated.");
    }

    /** Empty for {@code predict}. */
    private static Optional<MigrationStrategy> strategy(Entry entry) {
        return entry.text().equals(Optional.of("predict"))
                ? Optional.empty()
                : word(
                        entry,
                        MigrationStrategy.values(),
                        "strategy",
                        "Set the key 'strategy' to predict, automatic or explicit.");
    }

    private static <E extends Enum<E>> Optional<E> word(Entry entry, E[] values, String what, String remedy) {
        return entry.text().flatMap(t -> {
            for (E value : values) {
                if (value.name().toLowerCase(Locale.ROOT).equals(t)) {
                    return Optional.of(value);
                }
            }
            entry.problem("'" + t + "' is not a " + what, remedy);
            return Optional.empty();
        });
    }

    private static void checkPool(Entry item, PrimaryKind kind, List<Entry> select, Optional<String> model) {
        if (kind == PrimaryKind.VF && select.isEmpty()) {
            item.problem("a pool of VFs must select VFs", "Add select with VFs such as eno1#0-7.");
        } else if (kind == PrimaryKind.VF && model.isPresent()) {
            item.problem("a pool of VFs cannot have a model", "Remove model, or set kind to emulated.");
        } else if (kind == PrimaryKind.EMULATED && !select.isEmpty()) {
            item.problem("an emulated pool cannot select VFs", "Remove select, or set kind to vf.");
        }
    }

    private static Map<String, PoolName> networks(Entry keys, List<PoolPolicy> pools) {
        Map<String, PoolName> networks = new LinkedHashMap<>();
        keys.others()
                .forEach((network, entry) -> entry.as(PoolName::new).ifPresent(pool -> {
                    if (pools.stream().noneMatch(p -> p.name().equals(pool))) {
                        entry.problem("pool '" + pool + "' does not exist", "Use the name of a pool of this file.");
                    }
                    networks.put(network, pool);
                }));
        return Collections.unmodifiableMap(networks);
    }

    private static Deadlines deadlines(Entry keys) {
        Deadlines deadlines = new Deadlines(
                deadline(keys, "preflight", 10),
                deadline(keys, "prepare", 30),
                deadline(keys, "unplug", 20),
                deadline(keys, "copy", 300),
                deadline(keys, "switchover", 30),
                deadline(keys, "plug", 30),
                deadline(keys, "release", 10),
                deadline(keys, "cancel", 45));
        keys.reportUnknownKeys();
        return deadlines;
    }

    private static Map<VmName, ProbeTarget> probes(Entry keys) {
        Map<VmName, ProbeTarget> probes = new LinkedHashMap<>();
        keys.others().forEach((name, entry) -> {
            Optional<VmName> vm = entry.name(VmName::new);
            ProbeReader.read(entry).ifPresent(probe -> vm.ifPresent(v -> probes.put(v, probe)));
        });
        return Collections.unmodifiableMap(probes);
    }

    private static Duration deadline(Entry keys, String key, int seconds) {
        return duration(keys, key, Duration.ofSeconds(seconds), SHORTEST);
    }

    private static Duration duration(Entry keys, String key, Duration usual, Duration atLeast) {
        return keys.find(key).flatMap(e -> e.duration(atLeast)).orElse(usual);
    }

    private static boolean flag(Entry keys, String key, boolean usual) {
        return keys.find(key).flatMap(Entry::flag).orElse(usual);
    }
}
