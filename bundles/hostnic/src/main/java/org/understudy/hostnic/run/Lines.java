// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.run;

import java.io.OutputStream;
import java.util.function.Consumer;

/** Cuts a stream into lines. For one thread. */
final class Lines extends OutputStream {
    /** A program that writes no line end must not fill the memory. */
    private static final int LONGEST = 1 << 20;

    private final BoundedOutput begun;
    private final Consumer<String> line;

    /** @param tooLong called for what does not fit into a line any more */
    Lines(Consumer<String> line, Runnable tooLong) {
        this.begun = new BoundedOutput(LONGEST, tooLong);
        this.line = line;
    }

    /** @param program with the place where it runs */
    static String tooLong(String program) {
        return "%s wrote a line of more than %d MiB and was ended".formatted(program, LONGEST >> 20);
    }

    @Override
    public void write(int b) {
        if (b == '\n') {
            line.accept(begun.text());
            begun.clear();
        } else {
            begun.write(b);
        }
    }
}
