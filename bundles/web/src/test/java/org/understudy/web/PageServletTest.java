// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PageServletTest {
    private static Exchange load(String path) throws Exception {
        return new Exchange("GET", path, "").through(new PageServlet());
    }

    static List<String> files() throws IOException, URISyntaxException {
        Path folder = Path.of(PageServlet.class.getResource("/console").toURI());
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void servesEachFileAndEveryFileItRefersTo(String file) throws Exception {
        Exchange loaded = load("/" + file);

        assertThat(loaded.status).isEqualTo(200);
        var references =
                Pattern.compile("(?:src|href)=\"([^\"]+)\"|from '\\./([^']+)'").matcher(loaded.body());
        assertThat(references.results().map(r -> r.group(1) == null ? r.group(2) : r.group(1)))
                .isSubsetOf(files());
    }

    @ParameterizedTest
    @MethodSource("files")
    void needsNothingThatTheContentPolicyForbids(String file) throws Exception {
        assertThat(load("/" + file).body())
                .doesNotContainPattern("https?://(?!www\\.w3\\.org/)")
                .doesNotContainPattern(" style=|<style|\\son[a-z]+=\"|innerHTML|eval\\(");
    }

    @Test
    void servesThePageAtItsRootAndRedirectsWithoutTheSlash() throws Exception {
        assertThat(load("/").headers).containsEntry("Content-Type", "text/html;charset=utf-8");

        Exchange bare = new Exchange("GET", "", "");
        when(bare.request.getContextPath()).thenReturn("/understudy");
        bare.through(new PageServlet());
        assertThat(bare.status).isEqualTo(302);
        assertThat(bare.headers).containsEntry("Location", "/understudy/");
        verify(bare.response, never()).sendRedirect(any());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/../org/understudy/web/Login.class", "/console", "/console/", "/x.js", "//", "/META-INF"})
    void servesNothingElse(String path) throws Exception {
        assertThat(load(path).status).isEqualTo(404);
    }
}
