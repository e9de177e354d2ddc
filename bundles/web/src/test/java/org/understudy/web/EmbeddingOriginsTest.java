// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.when;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class EmbeddingOriginsTest {
    private final EmbeddingOrigins origins = new EmbeddingOrigins(
            "https://manager.example, http://127.0.0.1:9000", "ftp://x", "https://all.example/path");

    private static Exchange request(String method, String path, String origin) throws IOException {
        Exchange exchange = new Exchange(method, path, "");
        when(exchange.request.getHeader("Origin")).thenReturn(origin);
        return exchange;
    }

    private static Exchange question(String origin) throws IOException {
        Exchange exchange = request("OPTIONS", "/api/v1/vms", origin);
        when(exchange.request.getHeader("Access-Control-Request-Method")).thenReturn("POST");
        return exchange;
    }

    @Test
    void aPageOfAnAllowedOriginReadsResponsesWithoutCredentialsOfTheBrowser() throws Exception {
        Exchange exchange = request("GET", "/api/v1/vms", "https://manager.example");

        assertThat(origins.answer(exchange.request, exchange.response)).isFalse();

        assertThat(exchange.headers)
                .containsEntry("Access-Control-Allow-Origin", "https://manager.example")
                .containsEntry("Vary", "Origin")
                .doesNotContainKey("Access-Control-Allow-Credentials");
    }

    @Test
    void anAllowedOriginLearnsWhichCallsItsPagesMaySend() throws Exception {
        Exchange exchange = question("http://127.0.0.1:9000");

        assertThat(origins.answer(exchange.request, exchange.response)).isTrue();

        assertThat(exchange.status).isEqualTo(204);
        assertThat(exchange.headers.get("Access-Control-Allow-Headers")).contains("Authorization", "X-Requested-With");
        assertThat(exchange.headers.get("Access-Control-Allow-Methods")).contains("DELETE");
    }

    @Test
    void otherOriginsGetNoPermission() throws Exception {
        for (String origin : new String[] {
            "https://manager.example.attacker.example",
            "https://MANAGER.example",
            "null",
            "ftp://x",
            "https://all.example",
            null
        }) {
            Exchange exchange = question(origin);

            assertThat(origins.answer(exchange.request, exchange.response)).isFalse();

            assertThat(exchange.headers).as("%s", origin).containsOnlyKeys("Vary");
        }
    }

    @Test
    void onlyTheScriptsOfTheElementsNeedNoLogin() throws Exception {
        assertThat(origins.isScript(request("GET", "/embed.js", null).request)).isTrue();
        assertThat(origins.isScript(request("GET", "/shared-J5LQNHWD.js", null).request))
                .isTrue();
        for (String path : new String[] {"/console.js", "/api/v1/embed.js", "/embed.js/../api/v1/vms", "/", ""}) {
            assertThat(origins.isScript(request("GET", path, null).request))
                    .as(path)
                    .isFalse();
        }
        assertThat(origins.isScript(request("POST", "/embed.js", null).request)).isFalse();
    }

    @Test
    void withoutConfigurationNothingIsPermitted() throws Exception {
        EmbeddingOrigins none = new EmbeddingOrigins();
        Exchange exchange = question("https://manager.example");

        assertThat(none.answer(exchange.request, exchange.response)).isFalse();
        assertThat(none.isScript(request("GET", "/embed.js", null).request)).isFalse();
        assertThat(exchange.headers).isEmpty();
    }
}
