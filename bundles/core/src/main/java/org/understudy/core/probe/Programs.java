// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.probe;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Starts programs on this host, with output and errors in one stream and in English.
 *
 * @param prefix a command that wraps the program, such as to run it in a network namespace; usually empty
 */
record Programs(List<String> prefix) {
    Programs() {
        this(List.of());
    }

    /** @throws IOException if there is no such program */
    Process start(List<String> command) throws IOException {
        List<String> whole = new ArrayList<>(prefix);
        whole.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(whole).redirectErrorStream(true);
        builder.environment().put("LC_ALL", "C");
        Process process = builder.start();
        process.getOutputStream().close();
        return process;
    }

    /** Formats milliseconds as the decimal seconds that both programs accept, such as {@code 0.100}. */
    static String seconds(long millis) {
        return "%d.%03d".formatted(millis / 1000, millis % 1000);
    }
}
