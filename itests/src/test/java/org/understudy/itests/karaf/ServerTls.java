// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.understudy.itests.Built;

/** TLS of a Karaf as docs/security.md describes it, with a certificate for {@code localhost}, and a client of it. */
final class ServerTls {
    private static final String PASSWORD = "not-secret";

    private final int port = KarafServer.freePort();
    private final Path store;
    private final HttpClient client;

    ServerTls(KarafServer server) throws IOException, GeneralSecurityException, InterruptedException {
        store = server.etc("keystore.p12");
        TlsProxy.keytool(
                "-genkeypair|-keyalg|EC|-dname|CN=localhost|-ext|san=dns:localhost|-storetype|PKCS12|-storepass|"
                        + PASSWORD + "|-keystore|" + store + "|-alias|server");
        client = HttpClient.newBuilder().sslContext(trusting()).build();
    }

    /** The lines of the documentation, but plain HTTP stays on, which other tests use. */
    String configuration() throws IOException {
        return Files.readString(Built.documentation("security.md"))
                .lines()
                .filter(line -> line.startsWith("org.") && !line.startsWith("org.osgi.service.http.enabled"))
                .map(line -> line.replace("8443", String.valueOf(port))
                        .replace("0.0.0.0", "127.0.0.1")
                        .replace("PASSWORD", PASSWORD))
                .collect(Collectors.joining("\n", "", "\n"));
    }

    private SSLContext trusting() throws IOException, GeneralSecurityException {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream file = Files.newInputStream(store)) {
            keys.load(file, PASSWORD.toCharArray());
        }
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("server", keys.getCertificate("server"));
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, factory.getTrustManagers(), null);
        return context;
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("https://localhost:" + port + "/understudy" + path));
    }

    HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), BodyHandlers.ofString());
    }
}
