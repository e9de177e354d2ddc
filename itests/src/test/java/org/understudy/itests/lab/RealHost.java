// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import org.assertj.core.api.Assumptions;
import org.understudy.itests.Built;

/**
 * The machine that {@code ./understudy test --hardware} has inspected and prepared, and restores. Its folder has
 * {@code ssh_config}, and {@code facts} with its properties.
 */
final class RealHost extends SriovHost {
    private static final Duration RENEWAL = Duration.ofMinutes(3);

    private final Properties facts = new Properties();

    RealHost(Path folder) {
        super(folder);
        try (Reader file = Files.newBufferedReader(folder.resolve("facts"))) {
            facts.load(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        renew(folder);
    }

    /** Each test class begins with new VFs. */
    private void renew(Path folder) {
        List<String> renew = List.of("run", folder.toString(), "bash", "-s", "--", "renew", pf(), fact("vfs"));
        Result result = script(RENEWAL, Built.lab("machine"), "host", renew);
        assertThat(result.status()).as(result.errors()).isZero();
    }

    private String fact(String name) {
        assertThat(facts.getProperty(name)).as(name).isNotNull();
        return facts.getProperty(name);
    }

    @Override
    public String pf() {
        return fact("pf");
    }

    @Override
    String user() {
        return fact("tester");
    }

    @Override
    String scratch() {
        return fact("scratch");
    }

    @Override
    String java() {
        require(!fact("java").isEmpty(), "a JDK of version 17 or later");
        return fact("java");
    }

    /** Processes that survive their test are recognized by their folder. */
    @Override
    List<String> prefix() {
        return List.of("env", "-C", scratch());
    }

    @Override
    Path here(Path shared) {
        Path there = Path.of(scratch()).resolve(shared.getFileName());
        if (run("test", "-e", there.toString()).status() != 0) {
            copyIn(shared, scratch() + "/");
        }
        return there;
    }

    @Override
    void needs(String... things) {
        for (String thing : things) {
            String[] there = thing.startsWith("/")
                    ? new String[] {"test", "-e", thing}
                    : new String[] {"sh", "-c", "command -v \"$1\"", "sh", thing};
            require(run(there).status() == 0, thing);
        }
    }

    private static void require(boolean there, String what) {
        if (!there) {
            System.err.println("SKIPPED: the machine has no " + what);
        }
        Assumptions.assumeThat(there).as("the machine has " + what).isTrue();
    }

    @Override
    public void close() {}
}
