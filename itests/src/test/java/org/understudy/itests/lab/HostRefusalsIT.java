// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.itests.Built;

/** Usage errors of the lab scripts, before they start anything. */
class HostRefusalsIT {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "fly",
                "up",
                "up --vfs x new",
                "up --memory",
                "up --share relative new",
                "up --java /tmp new",
                "up --name Odd new",
                "up --odd 1 new",
                "up odd,name",
                "run absent true",
                "copy . file",
                "down"
            })
    void wrongCallEndsWithTwo(String call) throws Exception {
        assertThat(host(call.split(" "))).startsWith("2: ").containsAnyOf("remedy:", "Usage:");
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "fly",
                "up --share relative new",
                "up --leash me new",
                "run absent alpha true",
                "run . gamma true"
            })
    void wrongCallOfTwoHostsEndsWithTwo(String call) throws Exception {
        assertThat(script("daemons", call.split(" "))).startsWith("2: ").containsAnyOf("remedy:", "Usage:");
    }

    @Test
    void folderWithFilesIsLeftAlone() throws Exception {
        Path mine = Files.createFile(folder.resolve("mine"));
        assertThat(host("up", ".")).startsWith("2: ").contains("is not empty");
        assertThat(mine).exists();
    }

    @Test
    void commandWithoutHostSaysThatNoneIsUp() throws Exception {
        assertThat(host("run", ".", "true")).startsWith("255: ").contains("no emulated host is up");
    }

    @Test
    void endingWhatHasEndedIsFine() throws Exception {
        assertThat(host("down", "absent")).isEqualTo("0: ");
    }

    private String host(String... arguments) throws IOException, InterruptedException {
        return script("host", arguments);
    }

    private String script(String name, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(Built.lab(name).toString()));
        Stream.of(arguments).filter(argument -> !argument.isEmpty()).forEach(command::add);
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.waitFor() + ": " + said;
    }
}
