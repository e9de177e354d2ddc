// SPDX-License-Identifier: Apache-2.0
package org.understudy.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.commons.configuration2.interpol.ConfigurationInterpolator;
import org.apache.commons.configuration2.tree.ImmutableNode;
import org.apache.commons.text.similarity.LevenshteinDistance;
import org.understudy.api.UnderstudyException;
import org.understudy.config.MarkedYaml.Shape;

/**
 * One value of the file with its position, and the keys below it if it is a mapping. What cannot be read as requested
 * becomes a problem and an empty result. The keys that were requested are the known ones; {@link #reportUnknownKeys} reports
 * the rest.
 */
final class Entry {
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})\\s*(ms|s|m|h)");
    private static final Map<String, Boolean> FLAGS =
            Map.of("true", true, "yes", true, "on", true, "false", false, "no", false, "off", false);
    private static final int LIKELY_TYPO = 3;

    private final String key;
    private final ImmutableNode node;
    private final Source source;
    private final Map<String, Entry> unread = new LinkedHashMap<>();
    private final List<String> known = new ArrayList<>();

    /** The file: collects problems and resolves variables such as {@code ${sys:karaf.data}}. */
    record Source(Problems problems, ConfigurationInterpolator interpolator) {}

    /** The whole file. */
    Entry(ImmutableNode root, Source source) {
        this("", root, source);
    }

    /** @param key the path in the file, such as {@code hosts[1].name} */
    private Entry(String key, ImmutableNode node, Source source) {
        this.key = key;
        this.node = node;
        this.source = source;
        if (shape() == Shape.MAPPING) {
            node.getChildren().forEach(child -> unread.put(child.getNodeName(), below(child.getNodeName(), child)));
        }
    }

    private Entry below(String name, ImmutableNode child) {
        return new Entry(key.isEmpty() ? name : key + "." + name, child, source);
    }

    Shape shape() {
        return (Shape) node.getAttributes().getOrDefault(MarkedYaml.SHAPE, Shape.EMPTY);
    }

    void problem(String problem, String remedy) {
        int line = (Integer) node.getAttributes().getOrDefault(MarkedYaml.LINE, 1);
        source.problems().add(line, key, problem, remedy);
    }

    /** @param what such as {@code host} */
    void reportDuplicate(String what, Object name) {
        problem("another " + what + " is named '" + name + "'", "Give each " + what + " a unique name.");
    }

    /** This entry as a mapping; without keys, and a problem, if it has another shape. */
    Entry mapping() {
        requireShape(Shape.MAPPING);
        return this;
    }

    /** The mapping at a key; empty if the key is missing. */
    Entry mapping(String name) {
        return find(name).map(Entry::mapping).orElseGet(() -> below(name, new ImmutableNode.Builder().create()));
    }

    Optional<Entry> find(String name) {
        known.add(name);
        return Optional.ofNullable(unread.remove(name));
    }

    /** The value of a required key. */
    Optional<Entry> require(String name) {
        Optional<Entry> entry = find(name);
        // Another shape is reported already; missing keys would repeat that problem.
        if (entry.isEmpty() && (shape() == Shape.MAPPING || shape() == Shape.EMPTY)) {
            problem("the key '" + name + "' is missing", "Add " + name + ".");
        }
        return entry;
    }

    /** All keys that were not requested, with their values; for mappings with keys chosen by the admin. */
    Map<String, Entry> others() {
        Map<String, Entry> rest = new LinkedHashMap<>(unread);
        unread.clear();
        return rest;
    }

    /** Reports every key that was not requested. */
    void reportUnknownKeys() {
        others().forEach((name, entry) -> entry.problem(
                "unknown key",
                likely(name)
                        .map(k -> "Did you mean '" + k + "'?")
                        .orElse("Known here: " + String.join(", ", known) + ".")));
    }

    private Optional<String> likely(String name) {
        LevenshteinDistance distance = new LevenshteinDistance(LIKELY_TYPO);
        return known.stream()
                .filter(k -> distance.apply(name, k) >= 0)
                .min(Comparator.comparing(k -> distance.apply(name, k)));
    }

    /** The keys that are written here and were not requested. */
    List<String> keys() {
        return List.copyOf(unread.keySet());
    }

    /** Whether a key has no value, because nothing or only comments follow it. */
    boolean isBlank(String name) {
        return Optional.ofNullable(unread.get(name))
                .filter(entry -> entry.shape() != Shape.EMPTY)
                .isEmpty();
    }

    List<Entry> items(String name) {
        return find(name).map(Entry::items).orElse(List.of());
    }

    private List<Entry> items() {
        if (!requireShape(Shape.LIST)) {
            return List.of();
        }
        List<ImmutableNode> items = node.getChildren();
        return IntStream.range(0, items.size())
                .mapToObj(i -> new Entry(key + "[" + i + "]", items.get(i), source))
                .toList();
    }

    Optional<String> text() {
        if (shape() == Shape.EMPTY) {
            problem("has no value", "Set key " + key + " to a value, or remove it.");
        }
        if (!requireShape(Shape.SCALAR)) {
            return Optional.empty();
        }
        String written = String.valueOf(node.getValue());
        String value =
                String.valueOf(source.interpolator().interpolate(written)).strip();
        if (value.isEmpty()) {
            problem("has an empty value", "Set key " + key + " to a value, or remove it.");
            return Optional.empty();
        } else if (value.contains("${")) {
            problem(
                    "'" + value + "' contains a variable that is not set",
                    "Set the variable, or use another ${sys:NAME} or ${env:NAME}.");
            return Optional.empty();
        }
        return Optional.of(value);
    }

    Optional<Boolean> flag() {
        return text().flatMap(t -> {
            Optional<Boolean> flag = Optional.ofNullable(FLAGS.get(t));
            if (flag.isEmpty()) {
                problem("'" + t + "' is neither true nor false", "Set key " + key + " to true or false.");
            }
            return flag;
        });
    }

    Optional<Duration> duration(Duration atLeast) {
        return text().flatMap(t -> parse(t, atLeast));
    }

    private Optional<Duration> parse(String text, Duration atLeast) {
        Matcher m = DURATION.matcher(text);
        if (!m.matches()) {
            problem(
                    "'" + text + "' is not a duration",
                    "Set key " + key + " to a number with a unit, such as 500ms, 30s, 2m or 1h.");
            return Optional.empty();
        }
        long amount = Long.parseLong(m.group(1));
        Duration duration = switch (m.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            default -> Duration.ofHours(amount);
        };
        if (duration.compareTo(atLeast) < 0) {
            problem("'" + text + "' is too short", "Use at least " + atLeast.toMillis() + "ms.");
            return Optional.empty();
        }
        return Optional.of(duration);
    }

    Optional<Long> number(long from, long to) {
        return text().flatMap(t -> {
            if (t.matches("\\d{1,18}") && Long.parseLong(t) >= from && Long.parseLong(t) <= to) {
                return Optional.of(Long.parseLong(t));
            }
            problem(
                    "'" + t + "' is not a number from %d to %d".formatted(from, to),
                    "Set key %s to a number in this range.".formatted(key));
            return Optional.empty();
        });
    }

    /** The value, converted by a constructor that checks it. */
    <T> Optional<T> as(Function<String, T> type) {
        return text().flatMap(t -> convert(t, type));
    }

    /** The key, converted by a constructor that checks it. */
    <T> Optional<T> name(Function<String, T> type) {
        return convert(node.getNodeName(), type);
    }

    private <T> Optional<T> convert(String text, Function<String, T> type) {
        try {
            return Optional.of(type.apply(text));
        } catch (UnderstudyException e) {
            problem(e.getMessage(), e.code().remedy());
            return Optional.empty();
        }
    }

    /** An empty value is a valid mapping or list, for example if all its lines are comments. */
    private boolean requireShape(Shape wanted) {
        if (shape() != wanted && shape() != Shape.EMPTY) {
            problem(
                    "must be " + wanted.words + ", but is " + shape().words,
                    "Compare it with the sample understudy.yaml that is shipped with Understudy.");
        }
        return shape() == wanted;
    }
}
