// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
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
}
