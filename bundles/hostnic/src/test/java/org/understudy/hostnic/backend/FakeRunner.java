// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.backend;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import org.understudy.api.Subscription;
import org.understudy.hostnic.run.Runner;

/** Answers in place of a program. */
record FakeRunner(String place, List<String> calls, Deque<Output> answers, List<Consumer<String>> followers)
        implements Runner {
    FakeRunner(String place) {
        this(place, new ArrayList<>(), new ArrayDeque<>(), new ArrayList<>());
    }

    /** Adds the answer to a call that has none yet. */
    void answer(int status, String out, String err) {
        answers.add(new Output(status, out, err));
    }

    /** Prints a line of the program that is followed. */
    void print(String line) {
        followers.forEach(follower -> follower.accept(line));
    }

    @Override
    public Output run(List<String> arguments, Duration limit) {
        calls.add(String.join(" ", arguments));
        return answers.remove();
    }

    @Override
    public Subscription follow(List<String> arguments, Consumer<String> line, Consumer<String> ended) {
        calls.add(String.join(" ", arguments));
        followers.add(line);
        return () -> followers.remove(line);
    }

    @Override
    public void close() {}
}
