// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import java.io.File;
import java.util.List;
import org.understudy.itests.Built;

/**
 * Measures the console with 20,000 VMs in a browser. Arguments: the number of rounds, and the file for the result.
 */
final class ConsoleBench {
    private ConsoleBench() {}

    public static void main(String[] arguments) throws Exception {
        try (KarafServer server = new KarafServer(Built.distribution())) {
            server.startWith(TestFleet.configuration(server.home), TestFleet.HOSTS);
            Process process = Browser.script(server, List.of(), "fleet.bench.mjs", arguments[0])
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .redirectOutput(new File(arguments[1]))
                    .start();
            if (process.waitFor() != 0) {
                throw new IllegalStateException("The browser exited with " + process.exitValue());
            }
        }
    }
}
