// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.stream.Stream;

/** A client of the REST interface and the console, with the login of one user. */
final class Rest {
    static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient client = HttpClient.newHttpClient();
    private final String root;
    private final String authorization;

    Rest(int port, String user, String password) {
        root = "http://127.0.0.1:" + port + "/understudy";
        authorization = basic(user, password);
    }

    /** {@return a value of the header Authorization} */
    static String basic(String user, String password) {
        return "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(root + path))
                .timeout(Duration.ofSeconds(60))
                .header("Authorization", authorization);
    }

    HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
        return client.send(request, BodyHandlers.ofString());
    }

    /** The bytes of a response, independent of its charset. */
    HttpResponse<byte[]> bytes(HttpRequest request) throws IOException, InterruptedException {
        return client.send(request, BodyHandlers.ofByteArray());
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send(request(path).build());
    }

    /**
     * For conditions. Karaf restarts an HTTP server that comes with the KAR once, when it reads the configuration that it has
     * just written; what the server has received but not answered then is never answered.
     */
    HttpResponse<String> poll(String path) throws IOException, InterruptedException {
        return send(request(path).timeout(Duration.ofSeconds(2)).build());
    }

    /** A request that changes state, with the header that it requires. */
    HttpResponse<String> change(String method, String path, String body) throws IOException, InterruptedException {
        return send(request(path)
                .header("X-Requested-With", "itests")
                .method(method, BodyPublishers.ofString(body))
                .build());
    }

    JsonNode json(String path) throws IOException, InterruptedException {
        HttpResponse<String> answer = get(path);
        try {
            return JSON.readTree(answer.body());
        } catch (JsonProcessingException e) {
            throw new IOException(path + " answers " + answer.statusCode() + ": " + answer.body(), e);
        }
    }

    /** The lines of an open stream of events. */
    Stream<String> events() throws IOException, InterruptedException {
        return lines(request("/api/v1/events").build()).body();
    }

    HttpResponse<Stream<String>> lines(HttpRequest request) throws IOException, InterruptedException {
        return client.send(request, BodyHandlers.ofLines());
    }
}
