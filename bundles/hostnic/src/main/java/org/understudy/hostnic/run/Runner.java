// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.run;

import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.understudy.api.Subscription;

/** Runs one program with changing arguments. */
public interface Runner extends AutoCloseable {
    /**
     * Result of a program.
     *
     * @param status exit status
     */
    record Output(int status, String out, String err) {}

    /** Where the program runs, such as {@code command} or {@code ssh understudy@192.0.2.7}. */
    String place();

    /**
     * Runs the program to its end.
     *
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#HOST_UNAVAILABLE} if it cannot
     *     be run, {@link org.understudy.api.ErrorCode#DEADLINE_EXCEEDED}
     */
    Output run(List<String> arguments, Duration limit);

    /**
     * Runs the program until the subscription is closed.
     *
     * @param line gets each line of its output, on one thread
     * @param ended called once, with the reason, if the program ends by itself
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#HOST_UNAVAILABLE} if it cannot
     *     be run
     */
    Subscription follow(List<String> arguments, Consumer<String> line, Consumer<String> ended);

    /** Closes connections that are open between calls. */
    @Override
    void close();
}
