// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.understudy.api.AuditEntry;
import org.understudy.api.ErrorCode;
import org.understudy.api.HistoryKind;
import org.understudy.api.HistoryQuery;
import org.understudy.api.HostName;
import org.understudy.api.Outcome;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmAddress;
import org.understudy.api.VmOnHost;
import org.understudy.api.VmUuid;

/** Reads which entries of the history a request selects. */
final class HistoryParameters {
    private static final int PAGE = 100;
    private static final Set<String> COMMON = Set.of("vm", "host", "since", "until", "limit", "cursor");

    /** Java reads years that no database stores. */
    private static final Pattern RFC_3339 = Pattern.compile("[0-9]{4}-.*");

    private static final Set<String> OF_MIGRATIONS = words(Stream.of("running"), Outcome.values());
    private static final Set<String> OF_FINDINGS = Set.of("open", "ended", "unknown");

    private final RestRequest request;
    private final EventHub hub;

    /** @param hub finds the VM of a name */
    HistoryParameters(RestRequest request, EventHub hub) {
        this.request = request;
        this.hub = hub;
    }

    /** The actions, newest first. */
    HistoryQuery actions() {
        requireKnown("user", "result");
        Set<String> results = among("result", words(Stream.of(), AuditEntry.Result.values()));
        return query(Set.of(HistoryKind.ACTION), single("user"), results, "-time");
    }

    /** The migrations and findings. */
    HistoryQuery past() {
        requireKnown("kind", "outcome", "sort");
        Set<String> kinds = among("kind", Set.of("migration", "finding"));
        boolean migrations = kinds.isEmpty() || kinds.contains("migration");
        boolean findings = kinds.isEmpty() || kinds.contains("finding");
        Set<HistoryKind> selected = EnumSet.noneOf(HistoryKind.class);
        Set<String> outcomes = new TreeSet<>();
        if (migrations) {
            selected.add(HistoryKind.MIGRATION);
            outcomes.addAll(OF_MIGRATIONS);
        }
        if (findings) {
            selected.add(HistoryKind.FINDING);
            outcomes.addAll(OF_FINDINGS);
        }
        return query(
                selected,
                Optional.empty(),
                among("outcome", outcomes),
                single("sort").orElse("-time"));
    }

    private HistoryQuery query(Set<HistoryKind> kinds, Optional<String> user, Set<String> outcomes, String sort) {
        return new HistoryQuery(
                kinds,
                parsed("vm", "an address of a VM", VmOnHost::parse).map(this::uuid),
                parsed("host", "a name of a host", HostName::new),
                user,
                outcomes,
                parsed("since", "a time of RFC 3339", HistoryParameters::time),
                parsed("until", "a time of RFC 3339", HistoryParameters::time),
                order(sort),
                !sort.startsWith("-"),
                single("limit").map(Listing::limit).orElse(PAGE),
                single("cursor"));
    }

    private void requireKnown(String... more) {
        Listing.requireKnown(
                request, Stream.concat(COMMON.stream(), Stream.of(more)).collect(Collectors.toSet()));
    }

    /** A UUID also selects a VM that no host has any more. */
    private UUID uuid(VmAddress address) {
        return address instanceof VmUuid known
                ? known.value()
                : hub.find(address).uuid();
    }

    private static Instant time(String text) {
        if (!RFC_3339.matcher(text).matches()) {
            throw new DateTimeException("The year does not have four digits");
        }
        return OffsetDateTime.parse(text).toInstant();
    }

    private static HistoryQuery.Sort order(String sort) {
        String name = sort.startsWith("-") ? sort.substring(1) : sort;
        Set<HistoryQuery.Sort> known = EnumSet.complementOf(EnumSet.of(HistoryQuery.Sort.USER));
        return known.stream()
                .filter(one -> EnumParser.word(one).equals(name))
                .findFirst()
                .orElseThrow(() -> invalid(
                        "sort", "one of " + known.stream().map(EnumParser::word).toList(), sort));
    }

    /** The value of a parameter that has one only. */
    private Optional<String> single(String name) {
        List<String> values = request.queries(name).toList();
        if (values.size() > 1) {
            throw invalid(name, "given once", String.join("', '", values));
        }
        return values.stream().findFirst();
    }

    private <T> Optional<T> parsed(String name, String form, Function<String, T> parser) {
        return single(name).map(text -> {
            try {
                return parser.apply(text);
            } catch (UnderstudyException | DateTimeException e) {
                throw invalid(name, form, text);
            }
        });
    }

    /** All values of a parameter, each of which is one of these. */
    private Set<String> among(String name, Set<String> known) {
        Set<String> values = request.queries(name).collect(Collectors.toSet());
        values.stream().filter(value -> !known.contains(value)).findFirst().ifPresent(value -> {
            throw invalid(name, "one of " + new TreeSet<>(known), value);
        });
        return values;
    }

    private static Set<String> words(Stream<String> others, Enum<?>... constants) {
        return Stream.concat(others, Stream.of(constants).map(EnumParser::word)).collect(Collectors.toSet());
    }

    private static UnderstudyException invalid(String name, String form, String value) {
        return new UnderstudyException(
                ErrorCode.INVALID_ARGUMENT, "'" + name + "' must be " + form + ", not '" + value + "'");
    }
}
