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

/** Documents for other programs have the form that those expect. */
@Timeout(300)
class DocumentsTest {
    private static final Path SOURCES = Path.of("src/test/documents");
    private static final Path HOME = Path.of("target/documents");
    private static final Path INSTALLED = HOME.resolve("installed.json");

    /** Uses the network only if the lock file has changed since. */
    @BeforeAll
    static void install() throws Exception {
        Files.createDirectories(HOME);
        for (String file : List.of(
                "openapi.mjs", "dashboard.mjs", "dashboard.ts", "tsconfig.json", "package.json", "package-lock.json")) {
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
    void theDescriptionOfTheRestInterfaceIsFreeOfWhatRedoclysLinterReports() throws Exception {
        requireNoProblem("openapi.mjs", "src/main/resources/openapi.json");
    }

    @Test
    void theDashboardHasTheSchemaOfGrafanaAndItsQueriesTheSyntaxOfPrometheus() throws Exception {
        requireNoProblem("dashboard.mjs", "../../docs/grafana/understudy.json");
    }

    private static void requireNoProblem(String check, String document) throws Exception {
        int status = run("node", check, Path.of(document).toAbsolutePath().toString());

        assertThat(Files.readString(HOME.resolve("output"), StandardCharsets.UTF_8))
                .isEmpty();
        assertThat(status).isZero();
    }
}
