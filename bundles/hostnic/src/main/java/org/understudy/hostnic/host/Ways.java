// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.host;

import java.util.List;
import java.util.Optional;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.hostnic.port.CommandFunctions;
import org.understudy.hostnic.port.Functions;
import org.understudy.hostnic.run.LocalRunner;
import org.understudy.hostnic.run.Runner;
import org.understudy.hostnic.run.SshRunner;

/** Opens the way to a host's NICs that its configuration names. */
record Ways(ServerId server) {
    /** @return empty if the configuration leaves them alone */
    Optional<Functions> open(HostPolicy host) {
        NicOptions options = NicOptions.of(host);
        List<String> program = List.of(options.command());
        return switch (options.access()) {
            case NONE -> Optional.empty();
            case LOCAL -> Optional.of(functions(host, new LocalRunner(program)));
            case SSH ->
                Optional.of(functions(host, new SshRunner(options.target().orElseThrow(), program)));
        };
    }

    private Functions functions(HostPolicy host, Runner runner) {
        return new CommandFunctions(runner, server.owner(host.name()));
    }
}
