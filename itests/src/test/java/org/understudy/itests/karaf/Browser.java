// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.understudy.itests.Built;

/** Scripts that open the console of a server in a browser. */
final class Browser {
    private Browser() {}

    /** A script that the build of the console made, with options of node before its name and arguments after it. */
    static ProcessBuilder script(KarafServer server, List<String> options, String name, String... arguments)
            throws IOException {
        List<String> command = new ArrayList<>(List.of("node"));
        command.addAll(options);
        command.add(Built.consoleTests().resolve(name).toString());
        command.addAll(List.of(arguments));
        ProcessBuilder node = new ProcessBuilder(command);
        node.environment().put("UNDERSTUDY_URL", "http://127.0.0.1:" + server.httpPort + "/understudy/");
        node.environment().put("UNDERSTUDY_USER", "admin");
        node.environment().put("UNDERSTUDY_PASSWORD", server.password());
        return node;
    }

    /** Runs a file of tests of the console, with further variables of the environment. */
    static void test(KarafServer server, String tests, Map<String, String> environment)
            throws IOException, InterruptedException {
        Path output = server.home.resolve(tests + ".out");
        ProcessBuilder node = script(server, List.of("--test", "--test-reporter=spec"), tests + ".test.mjs")
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        node.environment().putAll(environment);
        Process process = node.start();
        try {
            assertThat(process.waitFor(8, TimeUnit.MINUTES)).as("%s", tests).isTrue();
            assertThat(process.exitValue()).as("%s", failuresIn(output)).isZero();
            assertThat(Files.readString(output)).containsPattern("pass [1-9]");
        } finally {
            process.destroyForcibly();
        }
    }

    /** Of the report's two parts the one that has the errors; all of it if it has none. */
    private static String failuresIn(Path output) throws IOException {
        String report = Files.readString(output);
        return report.substring(Math.max(0, report.indexOf("\u2716 failing tests:")));
    }
}
