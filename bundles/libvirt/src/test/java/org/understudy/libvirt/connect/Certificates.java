// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A folder with a certificate authority and the certificates it has signed, in the layout of libvirt's {@code pkipath}. The
 * keys are for tests only and are deleted with the test.
 */
public record Certificates(Path folder) {
    private static final String SCRIPT = """
            cd "$0"
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=tests -keyout cakey.pem -out cacert.pem
            echo "subjectAltName=IP:127.0.0.1" >names
            for who in server client; do
              openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$who" -keyout ${who}key.pem -out $who.csr
              openssl x509 -req -in $who.csr -CA cacert.pem -CAkey cakey.pem -CAcreateserial -days 2 -extfile names -out ${who}cert.pem
            done
            """;

    /** Skips the test without openssl; fails in CI. */
    public static Certificates make(Path folder) throws IOException {
        boolean possible = Files.isExecutable(Path.of("/usr/bin/openssl"));
        if (!possible && "true".equals(System.getenv("CI"))) {
            throw new AssertionError("this test needs openssl");
        }
        assumeTrue(possible, "SKIPPED: needs openssl");
        Files.createDirectories(folder);
        Process openssl = new ProcessBuilder("bash", "-ec", SCRIPT, folder.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        assertThat(openssl.onExit().join().exitValue())
                .as(() -> folder + "/log")
                .isZero();
        return new Certificates(folder);
    }
}
