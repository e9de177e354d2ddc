// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.function.Predicate;

/** Changes of a test class to a shared machine, from two snapshots of its state. */
public final class Leftovers {
    private Leftovers() {}

    /** Fails with the lines that only one of the snapshots has. */
    public static void requireNone(Class<?> tests, String before, String after) {
        List<String> first = before.lines().toList();
        List<String> last = after.lines().toList();
        assertThat(first.stream().filter(Predicate.not(last::contains)))
                .as("state that %s removed from the shared machine", tests.getSimpleName())
                .isEmpty();
        assertThat(last.stream().filter(Predicate.not(first::contains)))
                .as("state that %s left on the shared machine", tests.getSimpleName())
                .isEmpty();
    }
}
