// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A TLS proxy for a server without TLS, with its own certificate for {@code localhost}. */
final class TlsProxy implements AutoCloseable {
    private static final String PASSWORD = "not secret";

    private final HttpClient client = HttpClient.newHttpClient();
    private final Path folder;
    private final HttpsServer door;
    private final int behind;

    TlsProxy(Path folder, int behind) throws IOException, GeneralSecurityException, InterruptedException {
        this.folder = folder;
        this.behind = behind;
        makeCertificate();
        door = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        door.setHttpsConfigurator(new HttpsConfigurator(context()));
        door.createContext("/", this::pass);
        door.start();
    }

    int port() {
        return door.getAddress().getPort();
    }

    Path certificate() {
        return folder.resolve("ca.pem");
    }

    private Path store() {
        return folder.resolve("door.p12");
    }

    private void makeCertificate() throws IOException, InterruptedException {
        String all = "-storepass|" + PASSWORD + "|-keystore|" + store() + "|-alias|door";
        keytool("-genkeypair|-keyalg|EC|-dname|CN=localhost|-ext|san=dns:localhost|-ext|bc=ca:true|" + all);
        keytool("-exportcert|-rfc|-file|" + certificate() + "|" + all);
    }

    /** @param arguments separated by bars */
    static void keytool(String arguments) throws IOException, InterruptedException {
        List<String> command =
                List.of((Path.of(System.getProperty("java.home"), "bin/keytool") + "|" + arguments).split("\\|"));
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    }

    private SSLContext context() throws IOException, GeneralSecurityException {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream file = Files.newInputStream(store())) {
            keys.load(file, PASSWORD.toCharArray());
        }
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(keys, PASSWORD.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(factory.getKeyManagers(), null, null);
        return context;
    }

    private void pass(HttpExchange exchange) throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + behind + exchange.getRequestURI()))
                .method(
                        exchange.getRequestMethod(),
                        BodyPublishers.ofByteArray(exchange.getRequestBody().readAllBytes()));
        for (String name : List.of("Authorization", "Content-Type", "X-Requested-With")) {
            request.header(name, exchange.getRequestHeaders().getFirst(name));
        }
        try {
            HttpResponse<byte[]> answer = client.send(request.build(), BodyHandlers.ofByteArray());
            exchange.getResponseHeaders()
                    .set(
                            "Content-Type",
                            answer.headers().firstValue("Content-Type").orElse(""));
            exchange.sendResponseHeaders(answer.statusCode(), answer.body().length);
            exchange.getResponseBody().write(answer.body());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            exchange.close();
        }
    }

    @Override
    public void close() {
        door.stop(0);
    }
}
