// SPDX-License-Identifier: Apache-2.0
package org.understudy.peer;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.PeerEndpoint;
import org.understudy.concurrent.CallTimes;

/** Sends calls to a peer, each by one HTTP request. */
final class PeerLink {
    private static final CallTimes TIMES = CallTimes.of("peer");

    /** Longer than any call blocks for a small guest: a start waits for QEMU, a poll for events. */
    private static final Duration LONGEST_CALL = Duration.ofSeconds(90);

    /** No result of a call: without a login, the host is not available. */
    private static final Set<ErrorCode> LOGIN_REFUSED = EnumSet.of(
            ErrorCode.UNAUTHORIZED, ErrorCode.ROLE_MISSING, ErrorCode.TOO_MANY_LOGINS, ErrorCode.ENCRYPTION_REQUIRED);

    private final HttpClient client;
    private final PeerProtocol protocol;
    private final URI calls;
    private final String authorization;

    PeerLink(HttpClient client, PeerProtocol protocol, URI url, HostName host, String user, String password) {
        this.client = client;
        this.protocol = protocol;
        calls = url.resolve("api/v1/peer/" + host + "/");
        authorization =
                "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    /** Creates a client that several links share. */
    static HttpClient client(Executor threads) {
        return HttpClient.newBuilder()
                .connectTimeout(Duration.ofSeconds(5))
                .version(HttpClient.Version.HTTP_1_1)
                .executor(threads)
                .build();
    }

    /**
     * @return the result as JSON
     * @throws UnderstudyException what the call threw on the peer, or {@link ErrorCode#HOST_UNAVAILABLE}, also if the peer's
     *     protocol version is not compatible
     */
    String call(String call, String arguments) {
        return call(call, arguments, Duration.ZERO);
    }

    /**
     * The same.
     *
     * @param allowance what the call may need beyond that for a small guest
     */
    String call(String call, String arguments, Duration allowance) {
        long begin = System.nanoTime();
        boolean failed = true;
        try {
            String result =
                    body(call, client.send(request(call, arguments, allowance), HttpResponse.BodyHandlers.ofString()));
            failed = false;
            return result;
        } catch (IOException e) {
            throw new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "Peer " + calls + " does not answer: " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnderstudyException(ErrorCode.CANCELLED, "Interrupted while waiting for peer " + calls, e);
        } finally {
            TIMES.count(System.nanoTime() - begin, failed);
        }
    }

    /** Makes a call without blocking a thread; cancelling the result ends it. */
    CompletableFuture<String> callAsync(String call, String arguments) {
        return client.sendAsync(request(call, arguments, Duration.ZERO), HttpResponse.BodyHandlers.ofString())
                .thenApply(response -> body(call, response));
    }

    private HttpRequest request(String call, String arguments, Duration allowance) {
        return HttpRequest.newBuilder(calls.resolve(call))
                .timeout(LONGEST_CALL.plus(allowance))
                .header("Authorization", authorization)
                .header("Content-Type", "application/json")
                .header("X-Requested-With", "understudy")
                .header(PeerEndpoint.PROTOCOL_HEADER, protocol.header())
                .POST(HttpRequest.BodyPublishers.ofString(arguments))
                .build();
    }

    private String body(String call, HttpResponse<String> response) {
        checkProtocol(response);
        if (response.statusCode() == 200) {
            return response.body();
        }
        throw problem(call, response);
    }

    /** A failure without a version, such as a refused login, does not come from the peer's calls and is reported as it is. */
    private void checkProtocol(HttpResponse<String> response) {
        Optional<String> sent = response.headers().firstValue(PeerEndpoint.PROTOCOL_HEADER);
        if (response.statusCode() == 200 || sent.isPresent()) {
            protocol.check("Peer " + calls, sent);
        }
    }

    private UnderstudyException problem(String call, HttpResponse<String> response) {
        String remedy = response.statusCode() == 401 ? "; check user and password-file" : "";
        boolean isProblem = response.headers()
                .firstValue("Content-Type")
                .filter(t -> t.startsWith("application/problem+json"))
                .isPresent();
        if (isProblem && PeerJson.read(response.body(), Problem.class) instanceof Problem problem) {
            return new UnderstudyException(problem.errorCode(), "Peer " + calls + ": " + problem.detail() + remedy);
        }
        return new UnderstudyException(
                ErrorCode.HOST_UNAVAILABLE,
                "Peer " + calls + " answered " + response.statusCode() + " to " + call + remedy);
    }

    /** The used parts of a problem document. */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Problem(String code, String detail) {
        ErrorCode errorCode() {
            String constant = code.toUpperCase(Locale.ROOT).replace('-', '_');
            return Arrays.stream(ErrorCode.values())
                    .filter(known -> known.name().equals(constant) && !LOGIN_REFUSED.contains(known))
                    .findFirst()
                    .orElse(ErrorCode.HOST_UNAVAILABLE);
        }
    }
}
