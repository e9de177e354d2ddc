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
import org.understudy.api.HostName;
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

/** Converts the keys of a file to a policy. Every key and its default is here and in the sample file. */
final class PolicyReader {
    private static final Duration SHORTEST = Duration.ofMillis(1);

    private PolicyReader() {}

    static Policy read(Entry file) {
        Entry root = file.mapping();
        List<PoolPolicy> pools = pools(root.items("pools"));
        Entry migration = root.mapping("migration");
        Policy policy = new Policy(
                hosts(root.items("hosts")),
                pools,
                networks(root.mapping("networks"), pools),
                deadlines(migration.mapping("deadlines")),
                flag(migration, "require-vf", false),
                migration.find("strategy").flatMap(PolicyReader::strategy),
                flag(root, "allow-emulated-primary", false),
                duration(migration, "settle", Duration.ofSeconds(5), Duration.ZERO),
                probes(root.mapping("probes")));
        migration.reportUnknownKeys();
        root.reportUnknownKeys();
        return policy;
    }

    private static List<HostPolicy> hosts(List<Entry> items) {
        List<HostPolicy> hosts = new ArrayList<>();
        Set<HostName> names = new HashSet<>();
        for (Entry item : items) {
            Entry keys = item.mapping();
            Optional<HostName> name = keys.require("name").flatMap(e -> e.as(HostName::new));
            Optional<String> connector = keys.require("connector").flatMap(Entry::text);
            Map<String, String> nics = texts(keys.mapping("nics"));
            Map<String, String> networks = texts(keys.mapping("networks"));
            Map<String, String> options = texts(keys);
            name.filter(n -> !names.add(n)).ifPresent(n -> reportDuplicate(item, "host", n));
            if (name.isPresent() && connector.isPresent()) {
                hosts.add(new HostPolicy(name.get(), connector.get(), options, nics, networks));
            }
        }
        return List.copyOf(hosts);
    }

    /** Keys that are defined by their user, such as a connector. */
    private static Map<String, String> texts(Entry keys) {
        Map<String, String> texts = new LinkedHashMap<>();
        keys.others().forEach((key, value) -> value.text().ifPresent(t -> texts.put(key, t)));
        return Collections.unmodifiableMap(texts);
    }

    private static List<PoolPolicy> pools(List<Entry> items) {
        List<PoolPolicy> pools = new ArrayList<>();
        Set<PoolName> names = new HashSet<>();
        for (Entry item : items) {
            Entry keys = item.mapping();
            Optional<PoolName> name = keys.require("name").flatMap(e -> e.as(PoolName::new));
            name.filter(n -> !names.add(n)).ifPresent(n -> reportDuplicate(item, "pool", n));
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
                number(keys, "qos", 7),
                number(keys, "min-rate", Integer.MAX_VALUE),
                number(keys, "max-rate", Integer.MAX_VALUE));
        int most = defaults.maxRate().orElse(0);
        if (most > 0 && defaults.minRate().orElse(0) > most) {
            item.problem("min-rate exceeds max-rate", "Lower min-rate, or raise max-rate.");
        }
        return defaults;
    }

    private static OptionalInt number(Entry keys, String key, int last) {
        return keys.find(key)
                .flatMap(e -> e.number(0, last))
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
                deadline(keys, "copy", 1800),
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

    private static void reportDuplicate(Entry item, String what, Object name) {
        item.problem("another " + what + " is named '" + name + "'", "Give each " + what + " a unique name.");
    }
}
