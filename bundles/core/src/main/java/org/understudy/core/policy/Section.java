// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.policy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.configuration2.tree.ImmutableNode;
import org.apache.commons.text.similarity.LevenshteinDistance;

/** The keys of one mapping. The keys that were asked for are the known ones; {@link #rejectOthers} names the rest. */
final class Section {
    private static final int LIKELY_TYPO = 3;

    private final Entry owner;
    private final Map<String, Entry> unread = new LinkedHashMap<>();
    private final List<String> known = new ArrayList<>();

    Section(Entry owner, List<ImmutableNode> keys) {
        this.owner = owner;
        String prefix = owner.key().isEmpty() ? "" : owner.key() + ".";
        for (ImmutableNode key : keys) {
            unread.put(key.getNodeName(), new Entry(prefix + key.getNodeName(), key, owner.source()));
        }
    }

    Optional<Entry> find(String key) {
        known.add(key);
        return Optional.ofNullable(unread.remove(key));
    }

    /** The value of a key that must be there. */
    Optional<Entry> require(String key) {
        Optional<Entry> entry = find(key);
        if (entry.isEmpty() && owner.mayHaveKeys()) {
            owner.problem("lacks the key '" + key + "'", "Add " + key + ".");
        }
        return entry;
    }

    Section section(String key) {
        return find(key).map(Entry::section).orElseGet(() -> new Section(owner, List.of()));
    }

    List<Entry> items(String key) {
        return find(key).map(Entry::items).orElse(List.of());
    }

    /** Every key not yet asked for, with its value; for mappings whose keys the admin chooses. */
    Map<String, Entry> others() {
        Map<String, Entry> rest = new LinkedHashMap<>(unread);
        unread.clear();
        return rest;
    }

    /** Makes a problem of every key that nobody asked for. */
    void rejectOthers() {
        others().forEach((key, entry) -> entry.problem(
                "there is no such key",
                likely(key)
                        .map(k -> "Did you mean '" + k + "'?")
                        .orElse("Known here: " + String.join(", ", known) + ".")));
    }

    private Optional<String> likely(String key) {
        LevenshteinDistance distance = new LevenshteinDistance(LIKELY_TYPO);
        return known.stream()
                .filter(k -> distance.apply(key, k) >= 0)
                .min(Comparator.comparing(k -> distance.apply(key, k)));
    }
}
