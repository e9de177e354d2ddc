// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The kernel's status of a process. Source: proc(5), {@code /proc/PID/stat} fields 3 and 22.
 *
 * @param state such as {@code S}; {@code Z} for a zombie
 * @param startTicks start time in clock ticks since boot; distinguishes two processes with the same id
 */
record ProcStat(char state, long startTicks) {
    private static final int START_TIME = 22 - 3;

    /** Empty if there is no such process. */
    static Optional<ProcStat> of(Path proc, long pid) {
        try {
            String stat =
                    Files.readString(proc.resolve(Long.toString(pid)).resolve("stat"), StandardCharsets.ISO_8859_1);
            // The second field is the program name in parentheses, and may itself contain blanks and parentheses.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).strip().split(" ");
            return Optional.of(new ProcStat(fields[0].charAt(0), Long.parseLong(fields[START_TIME])));
        } catch (IOException | IndexOutOfBoundsException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    boolean hasEnded() {
        return state == 'Z' || state == 'X';
    }
}
