// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.run;

import java.io.OutputStream;
import java.util.function.Consumer;

/** Splits a stream into lines. For one thread. */
final class Lines extends OutputStream {
    /** Bounds the memory for a program that writes no line end. */
    private static final int LONGEST = 1 << 20;

    private final BoundedOutput partial;
    private final Consumer<String> line;

    /** @param tooLong called if a line exceeds the limit */
    Lines(Consumer<String> line, Runnable tooLong) {
        this.partial = new BoundedOutput(LONGEST, tooLong);
        this.line = line;
    }

    /** @param program with the place where it runs */
    static String tooLong(String program) {
        return "%s wrote a line of more than %d MiB and was terminated".formatted(program, LONGEST >> 20);
    }

    @Override
    public void write(int b) {
        if (b == '\n') {
            line.accept(partial.text());
            partial.clear();
        } else {
            partial.write(b);
        }
    }
}
