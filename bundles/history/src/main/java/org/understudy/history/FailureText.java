// SPDX-License-Identifier: Apache-2.0
package org.understudy.history;

import java.io.IOException;
import java.sql.SQLException;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** The cause of a failure on one line. */
final class FailureText {
    private FailureText() {}

    /** The message of the operating system, if there is one, without the statement that H2 appends. */
    static String of(Throwable e) {
        Throwable reason = Stream.iterate(e, Objects::nonNull, Throwable::getCause)
                .filter(IOException.class::isInstance)
                .findFirst()
                .orElse(e);
        String message = Optional.ofNullable(reason.getMessage()).orElseGet(reason::toString);
        String line = message.replaceAll("(?s); SQL statement:.*", "").replaceAll("\\s+", " ");
        return reason instanceof SQLException ? line : reason.getClass().getSimpleName() + ": " + line;
    }
}
