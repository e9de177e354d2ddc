// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Sessions of the console and tokens of scripts, against the real realm. */
@ExtendWith(SharedKaraf.class)
@Timeout(120)
class SessionIT {
    /** What the documentation promises for the end of a stream. */
    private static final Duration REVOKED = Duration.ofSeconds(5);

    private static KarafServer server;

    private final HttpClient client = HttpClient.newHttpClient();
    private String users;
    private Rest chief;

    @BeforeAll
    static void start(KarafServer shared) throws Exception {
        server = shared;
        server.startWith("hosts: []\n", 0);
    }

    @BeforeEach
    void addUsers() throws IOException {
        users = Files.readString(server.etc("users.properties"));
        Files.writeString(
                server.etc("users.properties"),
                users + "\nruth = r1,_g_:runners\nboss = b1,admin\n_g_\\:runners = group,operator\n");
        chief = new Rest(server.httpPort, "boss", "b1");
    }

    @AfterEach
    void removeUsers() throws IOException {
        Files.writeString(server.etc("users.properties"), users);
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.httpPort + "/understudy" + path))
                .timeout(Duration.ofSeconds(60));
    }

    private HttpResponse<String> login(String user, String password) throws Exception {
        return client.send(
                request("/login")
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(BodyPublishers.ofString("user=" + user + "&password=" + password + "&next=/vms"))
                        .build(),
                BodyHandlers.ofString());
    }

    private String session(String user, String password) throws Exception {
        return login(user, password)
                .headers()
                .firstValue("Set-Cookie")
                .orElseThrow()
                .split(";")[0];
    }

    private HttpResponse<String> as(String header, String value, String method, String path) throws Exception {
        return client.send(
                request(path)
                        .header(header, value)
                        .header("X-Requested-With", "fetch")
                        .method(method, BodyPublishers.noBody())
                        .build(),
                BodyHandlers.ofString());
    }

    /** {@return the time until the stream ends; it is open when this method returns} */
    private CompletableFuture<Void> openStream(String header, String value) throws Exception {
        Stream<String> lines = client.send(
                        request("/api/v1/events").header(header, value).build(), BodyHandlers.ofLines())
                .body();
        Iterator<String> events = lines.iterator();
        assertThat(events.next()).isEqualTo("retry: 1000");
        return CompletableFuture.runAsync(() -> events.forEachRemaining(line -> {}));
    }

    private static void awaitEnd(CompletableFuture<Void> stream) throws Exception {
        stream.handle((end, error) -> end).get(REVOKED.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Test
    void aBrowserLogsInByTheFormAndOut() throws Exception {
        HttpResponse<String> page =
                client.send(request("/vms").header("Accept", "text/html").build(), BodyHandlers.ofString());
        assertThat(page.statusCode()).isEqualTo(302);
        assertThat(page.headers().firstValue("Location")).hasValue("/understudy/login?next=%2Fvms");
        HttpResponse<String> form = client.send(request("/login?next=%2Fvms").build(), BodyHandlers.ofString());
        assertThat(form.body()).contains("<form method=\"post\"", "value=\"/vms\"");
        assertThat(form.headers().firstValue("Content-Security-Policy"))
                .hasValueSatisfying(policy -> assertThat(policy).contains("form-action 'self'"));
        assertThat(client.send(request("/login/style.css").build(), BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(200);

        HttpResponse<String> login = login("ruth", "r1");

        assertThat(login.statusCode()).isEqualTo(303);
        assertThat(login.headers().firstValue("Location")).hasValue("/understudy/vms");
        String cookie = login.headers().firstValue("Set-Cookie").orElseThrow().split(";")[0];
        JsonNode who = Rest.JSON.readTree(
                as("Cookie", cookie, "GET", "/api/v1/session").body());
        assertThat(who.get("user").asText()).isEqualTo("ruth");
        assertThat(who.get("role").asText()).isEqualTo("operator");
        assertThat(as("Cookie", cookie, "DELETE", "/api/v1/vms/none").statusCode())
                .isEqualTo(403);
        assertThat(as("Cookie", cookie, "POST", "/api/v1/vms/none/start").statusCode())
                .isEqualTo(404);
        assertThat(as("Cookie", cookie, "DELETE", "/api/v1/session").statusCode())
                .isEqualTo(200);
        HttpResponse<String> after = as("Cookie", cookie, "GET", "/api/v1/vms");
        assertThat(after.statusCode()).isEqualTo(401);
        assertThat(after.headers().firstValue("WWW-Authenticate"))
                .hasValueSatisfying(challenge -> assertThat(challenge).doesNotContain("Basic"));
        assertThat(Files.readString(server.home.resolve("data/log/karaf.log")))
                .contains(
                        "Login of user ruth from 127.0.0.1: accepted",
                        "User ruth from 127.0.0.1 by console: power none refused, vm-not-found");
    }

    @Test
    void aUserWhoIsRemovedLosesSessionsAndStreamsWithinFiveSeconds() throws Exception {
        String cookie = session("ruth", "r1");
        CompletableFuture<Void> stream = openStream("Cookie", cookie);

        Files.writeString(server.etc("users.properties"), users + "\nboss = b1,admin\n");

        awaitEnd(stream);
        assertThat(as("Cookie", cookie, "GET", "/api/v1/vms").statusCode()).isEqualTo(401);
    }

    @Test
    void aUserWhoLosesARoleKeepsTheSessionWithTheRest() throws Exception {
        String cookie = session("ruth", "r1");
        CompletableFuture<Void> stream = openStream("Cookie", cookie);

        Files.writeString(server.etc("users.properties"), users + "\nruth = r1,viewer\nboss = b1,admin\n");

        awaitEnd(stream);
        assertThat(as("Cookie", cookie, "GET", "/api/v1/vms").statusCode()).isEqualTo(200);
        assertThat(as("Cookie", cookie, "POST", "/api/v1/vms/none/start").statusCode())
                .isEqualTo(403);
    }

    @Test
    void aUserWhosePasswordIsChangedLosesSessionsAndStreamsWithinFiveSeconds() throws Exception {
        String cookie = session("ruth", "r1");
        CompletableFuture<Void> stream = openStream("Cookie", cookie);
        CompletableFuture<Void> basic = openStream("Authorization", Rest.basic("ruth", "r1"));
        String other = session("boss", "b1");

        Files.writeString(
                server.etc("users.properties"),
                users + "\nruth = r2,_g_:runners\nboss = b1,admin\n_g_\\:runners = group,operator\n");

        awaitEnd(stream);
        awaitEnd(basic);
        assertThat(as("Cookie", cookie, "GET", "/api/v1/vms").statusCode()).isEqualTo(401);
        assertThat(as("Cookie", other, "GET", "/api/v1/vms").statusCode()).isEqualTo(200);
        assertThat(as("Cookie", session("ruth", "r2"), "GET", "/api/v1/vms").statusCode())
                .isEqualTo(200);
    }

    @Test
    void aTokenWorksUntilItIsRevokedWhichEndsItsStream() throws Exception {
        HttpResponse<String> created =
                chief.change("POST", "/api/v1/tokens", "{\"name\":\"report\",\"role\":\"viewer\",\"expiresInDays\":1}");
        assertThat(created.statusCode()).as(created.body()).isEqualTo(201);
        JsonNode token = Rest.JSON.readTree(created.body());
        String bearer = "Bearer " + token.get("secret").asText();

        assertThat(as("Authorization", bearer, "GET", "/api/v1/vms").statusCode())
                .isEqualTo(200);
        assertThat(as("Authorization", bearer, "POST", "/api/v1/vms/none/start").statusCode())
                .isEqualTo(403);
        assertThat(chief.get("/api/v1/tokens").body())
                .contains("\"report\"", "lastUsed")
                .doesNotContain(token.get("secret").asText());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(server.etc("understudy.tokens.json"))))
                .isEqualTo("rw-------");
        CompletableFuture<Void> stream = openStream("Authorization", bearer);

        String id = token.get("token").get("id").asText();
        assertThat(chief.change("DELETE", "/api/v1/tokens/" + id, "").statusCode())
                .isEqualTo(200);

        awaitEnd(stream);
        assertThat(as("Authorization", bearer, "GET", "/api/v1/vms").statusCode())
                .isEqualTo(401);
        assertThat(Files.readString(server.home.resolve("data/log/karaf.log")))
                .contains("User boss from 127.0.0.1 by rest: tokens " + id + " accepted");
    }
}
