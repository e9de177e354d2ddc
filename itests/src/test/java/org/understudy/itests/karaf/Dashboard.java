// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.understudy.itests.Built;

/** The queries of the dashboard in the documentation. Each is about one metric. */
final class Dashboard {
    private static final Pattern METRIC = Pattern.compile("understudy_[a-z_]+");
    private static final Pattern SELECTED = Pattern.compile("[{,] ?([a-z]+)(?:=|!=|=~)\"");
    private static final Pattern GROUPED = Pattern.compile("by \\(([a-z, ]+)\\)");

    private Dashboard() {}

    /** Requires the labels of each query in a scrape. A metric without a value is not in it: MetricsTest has the names of those. */
    static void requireServed(String scrape) throws IOException {
        Map<String, Set<String>> served = new HashMap<>();
        scrape.lines().filter(line -> METRIC.matcher(line).lookingAt()).forEach(line -> {
            // Prometheus adds the job.
            Set<String> labels = served.computeIfAbsent(metric(line), name -> new HashSet<>(Set.of("job")));
            all(SELECTED, line).forEach(labels::add);
        });
        List<String> checked = new ArrayList<>();
        for (String query : Rest.JSON
                .readTree(Built.docs("grafana/understudy.json").toFile())
                .findValuesAsText("expr")) {
            String metric = metric(query);
            if (served.containsKey(metric)) {
                checked.add(metric);
                Stream<String> grouped = all(GROUPED, query).flatMap(labels -> Stream.of(labels.split(", ")));
                assertThat(Stream.concat(all(SELECTED, query), grouped))
                        .as(query)
                        .isSubsetOf(served.get(metric));
            }
        }
        assertThat(checked)
                .hasSizeGreaterThan(12)
                .contains("understudy_pairs", "understudy_hosts", "understudy_migration_network_gap_seconds_bucket");
    }

    private static String metric(String text) {
        Matcher metric = METRIC.matcher(text);
        assertThat(metric.find()).as(text).isTrue();
        return metric.group();
    }

    private static Stream<String> all(Pattern pattern, String text) {
        return pattern.matcher(text).results().map(found -> found.group(1));
    }
}
