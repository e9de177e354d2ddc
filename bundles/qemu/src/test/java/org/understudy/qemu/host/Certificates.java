// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A certificate authority and certificates for both ends, for tests only. */
final class Certificates {
    private static final String SCRIPT = """
            set -e
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=lab -keyout ca-key.pem -out ca-cert.pem
            for end in server client; do
              openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=$end -keyout $end-key.pem -out $end.csr
              printf 'subjectAltName=IP:127.0.0.1\\nextendedKeyUsage=%sAuth\\nbasicConstraints=CA:FALSE\\n' $end > $end.ext
              openssl x509 -req -in $end.csr -CA ca-cert.pem -CAkey ca-key.pem -CAcreateserial -days 2 \
                -extfile $end.ext -out $end-cert.pem
            done
            chmod 644 *.pem
            """;

    private Certificates() {}

    static Path make(Path folder) throws IOException, InterruptedException {
        Lab.require(Files.isExecutable(Path.of("/usr/bin/openssl")), "openssl");
        Files.createDirectories(folder);
        Process process = new ProcessBuilder("sh", "-c", SCRIPT)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        assertThat(process.waitFor()).as(folder.resolve("log").toString()).isZero();
        return folder;
    }
}
