// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The description of the REST interface is free of what Redocly's linter reports. */
@Timeout(300)
class OpenApiLintTest {
    private static final Path SOURCES = Path.of("src/test/openapi");
    private static final Path HOME = Path.of("target/openapi");
    private static final Path INSTALLED = HOME.resolve("installed.json");

    /** Uses the network only if the lock file has changed since. */
    @BeforeAll
    static void install() throws Exception {
        Files.createDirectories(HOME);
        for (String file : List.of("lint.mjs", "package.json", "package-lock.json")) {
            Files.copy(SOURCES.resolve(file), HOME.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        Path lock = HOME.resolve("package-lock.json");
        if (!Files.exists(INSTALLED) || Files.mismatch(INSTALLED, lock) >= 0) {
            assertThat(run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"))
                    .isEqualTo(0);
            Files.copy(lock, INSTALLED, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static int run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command)
                .directory(HOME.toFile())
                .redirectErrorStream(true)
                .redirectOutput(HOME.resolve("output").toFile())
                .start()
                .waitFor();
    }

    @Test
    void hasNoProblem() throws Exception {
        Path document = Path.of("src/main/resources/openapi.json").toAbsolutePath();

        int status = run("node", "lint.mjs", document.toString());

        assertThat(Files.readString(HOME.resolve("output"), StandardCharsets.UTF_8))
                .isEmpty();
        assertThat(status).isZero();
    }
}
