// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.run;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;

/** Output of a program up to a limit that bounds the memory. For one thread. */
final class BoundedOutput extends OutputStream {
    /** Larger than any inventory. */
    static final int LARGEST = 16 << 20;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final int limit;
    private final Runnable exceeded;

    /** @param exceeded called for each write beyond the limit */
    BoundedOutput(int limit, Runnable exceeded) {
        this.limit = limit;
        this.exceeded = exceeded;
    }

    @Override
    public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] from, int offset, int length) {
        if (length > limit - bytes.size()) {
            exceeded.run();
        } else {
            bytes.write(from, offset, length);
        }
    }

    String text() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    void clear() {
        bytes.reset();
    }

    /** @param program name of the program and where it runs */
    static UnderstudyException exceeded(String program) {
        return new UnderstudyException(
                ErrorCode.IO_FAILED, "%s wrote more than %d MiB and was terminated".formatted(program, LARGEST >> 20));
    }
}
