// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/** Alternates the contestants, so that other load on the machine affects all of them equally. */
final class Turns {
    /** Returns the nanoseconds it took. */
    private final Map<String, LongSupplier> contestants = new LinkedHashMap<>();

    Turns with(String name, LongSupplier contestant) {
        contestants.put(name, contestant);
        return this;
    }

    Turns with(String name, Runnable contestant) {
        return with(name, () -> {
            long start = System.nanoTime();
            contestant.run();
            return System.nanoTime() - start;
        });
    }

    /** The median of each in microseconds. */
    Map<String, Double> medians(int warmUps, int rounds) {
        Map<String, List<Long>> times = new LinkedHashMap<>();
        for (int round = -warmUps; round < rounds; round++) {
            boolean counts = round >= 0;
            contestants.forEach((name, contestant) -> {
                long nanos = contestant.getAsLong();
                if (counts) {
                    times.computeIfAbsent(name, n -> new ArrayList<>()).add(nanos);
                }
            });
        }
        Map<String, Double> medians = new LinkedHashMap<>();
        times.forEach((name, nanos) -> medians.put(name, median(nanos) / 1000));
        return medians;
    }

    private static double median(List<Long> nanos) {
        List<Long> sorted = nanos.stream().sorted().toList();
        int half = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(half) : (sorted.get(half - 1) + sorted.get(half)) / 2.0;
    }
}
