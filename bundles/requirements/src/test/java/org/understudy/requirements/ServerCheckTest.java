// SPDX-License-Identifier: Apache-2.0
package org.understudy.requirements;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.osgi.framework.Version;

class ServerCheckTest {
    private static final Version TESTED = new Version("4.4.10");

    @TempDir
    private Path data;

    private ServerCheck check() {
        return new ServerCheck("0.2.0", new InstalledKars(data));
    }

    private void installKar(String name, String version) throws IOException {
        Path folder = Files.createDirectories(data.resolve("kar").resolve(name));
        Files.writeString(
                folder.resolve("features.cfg"),
                "mvn:org.understudy/understudy-features/" + version + "/xml/features\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"4.4.6", "4.4.10", "4.4.11", "4.4.8.vendor-1", "4.4.6.SNAPSHOT"})
    void permitsEveryKarafFrom446(String karaf) throws IOException {
        assertThat(check().refusal(17, new Version(karaf), data)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"4.3.10", "4.4.5", "4.5.0", "5.0.0"})
    void refusesOtherKarafsAndNamesTheirVersion(String karaf) throws IOException {
        assertThat(check().refusal(17, new Version(karaf), data))
                .hasValue("Understudy 0.2.0 needs Karaf 4.4.6 or a newer 4.4; this server is Karaf " + karaf);
    }

    @Test
    void refusesAnOlderJava() throws IOException {
        assertThat(check().refusal(11, TESTED, data))
                .hasValue("Understudy 0.2.0 needs Java 17 or newer; this server runs Java 11");
    }

    @Test
    void refusesAConfigurationFolderThatIsNotThere() throws IOException {
        assertThat(check().refusal(17, TESTED, data.resolve("etc")).orElseThrow())
                .startsWith("Understudy 0.2.0 stores its configuration in " + data.resolve("etc"));
    }

    @Test
    void refusesASecondVersionBesideAnother() throws IOException {
        installKar("understudy-0.1.0", "0.1.0");
        installKar("understudy-0.2.0", "0.2.0");

        assertThat(check().refusal(17, TESTED, data))
                .hasValue(
                        "Understudy 0.1.0 is installed by the KAR understudy-0.1.0: remove that KAR, or replace its file "
                                + "by the one of Understudy 0.2.0");
    }

    @Test
    void ignoresItsOwnKarAndThoseOfOtherPrograms() throws IOException {
        installKar("understudy", "0.2.0");
        Files.createDirectories(data.resolve("kar/other"));

        assertThat(check().refusal(17, TESTED, data)).isEmpty();
    }
}
