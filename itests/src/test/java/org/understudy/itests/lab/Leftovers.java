// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.function.Predicate;

/** What a class of tests has changed on a machine that it shares, from two pictures of it. */
public final class Leftovers {
    private Leftovers() {}

    /** Fails with the lines that only one of the pictures has. */
    public static void requireNone(Class<?> tests, String before, String after) {
        List<String> first = before.lines().toList();
        List<String> last = after.lines().toList();
        assertThat(first.stream().filter(Predicate.not(last::contains)))
                .as("what %s has taken from the machine that it shares", tests.getSimpleName())
                .isEmpty();
        assertThat(last.stream().filter(Predicate.not(first::contains)))
                .as("what %s has left on the machine that it shares", tests.getSimpleName())
                .isEmpty();
    }
}
