// SPDX-License-Identifier: Apache-2.0
package org.understudy.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.understudy.api.HostName;
import org.understudy.api.Policy.HostPolicy;

/** Reads the hosts of a file. A host with a problem keeps its last valid options. */
final class HostsReader {
    private final Problems problems;
    private final List<HostPolicy> lastValid;
    /** By name, in the order of the file; empty for a host that is wrong and has no last valid options. */
    private final Map<HostName, Optional<HostPolicy>> hosts = new LinkedHashMap<>();

    /** @param problems those of the whole file */
    HostsReader(Problems problems, List<HostPolicy> lastValid) {
        this.problems = problems;
        this.lastValid = lastValid;
    }

    void read(Entry root) {
        if (root.isBlank("hosts") && !lastValid.isEmpty()) {
            root.problem(
                    "the file has no hosts; the %d hosts in force stay".formatted(lastValid.size()),
                    "Add the hosts to etc/understudy.yaml again; to remove all hosts, write hosts: [].");
        }
        root.items("hosts").forEach(this::add);
    }

    /** Those in force. A file with a problem removes no host, because it may be incomplete. */
    List<HostPolicy> hosts() {
        Map<HostName, Optional<HostPolicy>> all = new LinkedHashMap<>(hosts);
        if (problems.count() > 0) {
            lastValid.forEach(host -> all.putIfAbsent(host.name(), Optional.of(host)));
        }
        return all.values().stream().flatMap(Optional::stream).toList();
    }

    private void add(Entry item) {
        int before = problems.count();
        Entry keys = item.mapping();
        Optional<HostName> name = keys.require("name").flatMap(e -> e.as(HostName::new));
        Optional<HostPolicy> read = host(name, keys);
        name.filter(hosts::containsKey).ifPresent(n -> item.reportDuplicate("host", n));
        boolean wrong = problems.count() > before;
        name.ifPresent(n -> hosts.put(n, wrong ? lastValid(n, before) : read));
    }

    private Optional<HostPolicy> lastValid(HostName name, int before) {
        Optional<HostPolicy> last =
                lastValid.stream().filter(host -> host.name().equals(name)).findFirst();
        String consequence = last.isPresent() ? "keeps its last valid options" : "is not used";
        problems.attribute(before, "host " + name, consequence);
        return last;
    }

    private static Optional<HostPolicy> host(Optional<HostName> name, Entry keys) {
        Optional<String> connector = keys.require("connector").flatMap(Entry::text);
        Map<String, String> nics = texts(keys.mapping("nics"));
        Map<String, String> networks = texts(keys.mapping("networks"));
        Map<String, String> options = texts(keys);
        return name.flatMap(n -> connector.map(c -> new HostPolicy(n, c, options, nics, networks)));
    }

    /** Keys that are defined by their user, such as a connector. */
    private static Map<String, String> texts(Entry keys) {
        Map<String, String> texts = new LinkedHashMap<>();
        keys.others().forEach((key, value) -> value.text().ifPresent(t -> texts.put(key, t)));
        return Collections.unmodifiableMap(texts);
    }
}
