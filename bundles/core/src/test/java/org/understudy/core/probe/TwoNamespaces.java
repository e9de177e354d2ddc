// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.util.List;

/** Two network namespaces of the kernel, joined by a cable. Needs no root; removed when their shells end. */
final class TwoNamespaces implements AutoCloseable {
    static final String NEAR_NIC = "us-near";
    static final String FAR_ADDRESS = "10.77.0.2";

    private final Shell near;
    private final Shell far;

    private TwoNamespaces() throws IOException {
        near = new Shell("unshare", "-r", "-n", "sh");
        near.run("ip link set lo up");
        far = new Shell("nsenter", "-t", near.pid(), "-U", "--preserve-credentials", "unshare", "-n", "sh");
        far.run("ip link set lo up");
        near.run("ip link add name us-near type veth peer name us-far");
        near.run("ip link set us-far netns " + far.pid());
        near.run("ip addr add 10.77.0.1/24 dev us-near && ip link set us-near up");
        far.run("ip link set us-far up");
        connect();
    }

    /** A host that permits no namespaces skips the test; continuous integration must permit them. */
    static TwoNamespaces open() {
        try {
            return new TwoNamespaces();
        } catch (IOException | AssertionError e) {
            assertThat(System.getenv("CI")).as("namespaces on CI: " + e).isNotEqualTo("true");
            assumeTrue(false, "This machine allows no network namespaces: " + e);
            throw new AssertionError(e);
        }
    }

    void connect() throws IOException {
        far.run("ip addr add " + FAR_ADDRESS + "/24 dev us-far");
    }

    void disconnect() throws IOException {
        far.run("ip addr del " + FAR_ADDRESS + "/24 dev us-far");
    }

    /** Programs that run in the near namespace. */
    Programs programs() {
        return new Programs(List.of("nsenter", "-t", near.pid(), "-U", "-n", "--preserve-credentials"));
    }

    @Override
    public void close() {
        far.process.destroyForcibly();
        near.process.destroyForcibly();
    }

    private static final class Shell {
        private final Process process;
        private final BufferedWriter commands;
        private final BufferedReader answers;

        Shell(String... command) throws IOException {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
            commands = process.outputWriter();
            answers = process.inputReader();
        }

        String pid() {
            return String.valueOf(process.pid());
        }

        void run(String command) throws IOException {
            commands.write(command + "; echo exit=$?\n");
            commands.flush();
            StringBuilder said = new StringBuilder();
            String line = answers.readLine();
            while (line != null && !line.startsWith("exit=")) {
                said.append(line).append(' ');
                line = answers.readLine();
            }
            assertThat(line).as(command + ": " + said).isEqualTo("exit=0");
        }
    }
}
