// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PageServletTest {
    /** In bytes, compressed, of everything that the browser runs or styles. */
    private static final int LARGEST = 80_000;

    private static Exchange load(String path) throws Exception {
        return new Exchange("GET", path, "").through(new PageServlet());
    }

    static List<String> files() throws IOException {
        return ConsoleFile.all().stream().map(ConsoleFile::name).toList();
    }

    private static List<String> references(String page) {
        return Pattern.compile("(?:src|href)=\"([^\"]+)\"")
                .matcher(page)
                .results()
                .map(MatchResult::group)
                .map(text -> text.replaceAll("^.*=\"|\"$", ""))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("files")
    void servesEachFile(String file) throws Exception {
        Exchange loaded = load("/" + file);

        assertThat(loaded.status).isEqualTo(200);
        assertThat(loaded.headers.get("Content-Type")).isNotBlank();
        assertThat(loaded.body()).isNotBlank();
    }

    @ParameterizedTest
    @MethodSource("files")
    void needsNothingThatTheContentPolicyForbids(String file) throws Exception {
        assertThat(load("/" + file).body())
                .doesNotContainPattern("(?:src|href|from|import|url)\\s*[=(]?\\s*[\"'(]https?://")
                .doesNotContainPattern("<style|\\son[a-z]+=\"|innerHTML=[^=]*\\$|\\beval\\(|new Function\\(");
    }

    @ParameterizedTest
    @CsvSource({"/,''", "/vms,''", "/vms/,../", "/vms/6f1c7f8e-4d1b,../", "/migrations/m-1/,../../", "/help,''"})
    void servesThePageAtEachOfItsAddressesWithFilesThatExist(String address, String root) throws Exception {
        Exchange loaded = load(address);

        assertThat(loaded.headers).containsEntry("Content-Type", "text/html;charset=utf-8");
        assertThat(references(loaded.body()))
                .hasSizeGreaterThan(2)
                .allSatisfy(reference -> assertThat(reference).startsWith(root).doesNotContain("{"))
                .extracting(reference -> reference.substring(root.length()))
                .isSubsetOf(files());
    }

    @Test
    void redirectsWithoutTheSlash() throws Exception {
        Exchange bare = new Exchange("GET", "", "");
        when(bare.request.getContextPath()).thenReturn("/understudy");
        bare.through(new PageServlet());
        assertThat(bare.status).isEqualTo(302);
        assertThat(bare.headers).containsEntry("Location", "/understudy/");
        verify(bare.response, never()).sendRedirect(any());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/../org/understudy/web/Login.class",
                "/console",
                "/console/",
                "/x.js",
                "//",
                "/META-INF",
                "/vms/a/b",
                "/hosts/a",
                "/vms//"
            })
    void servesNothingElse(String path) throws Exception {
        assertThat(load(path).status).isEqualTo(404);
    }

    /** Otherwise a cache would pass a script with the permission of one origin to another. */
    @Test
    void keepsTheOriginAmongWhatAFileDependsOn() throws Exception {
        Exchange exchange = new Exchange("GET", "/console.js", "");
        exchange.response.setHeader("Vary", "Origin");

        assertThat(exchange.through(new PageServlet()).headers).containsEntry("Vary", "Origin, Accept-Encoding");
    }

    @Test
    void sendsAFileCompressedToABrowserThatAcceptsIt() throws Exception {
        Exchange exchange = new Exchange("GET", "/console.js", "");
        when(exchange.request.getHeader("Accept-Encoding")).thenReturn("br, gzip");
        exchange.through(new PageServlet());

        assertThat(exchange.headers).containsEntry("Content-Encoding", "gzip");
        try (InputStream plain = new GZIPInputStream(new ByteArrayInputStream(exchange.bytes()))) {
            assertThat(new String(plain.readAllBytes(), StandardCharsets.UTF_8))
                    .isEqualTo(load("/console.js").body());
        }
    }

    @Test
    void sendsAFileOnlyOnceToABrowserThatKeepsIt() throws Exception {
        String tag = load("/console.js").headers.get("ETag");
        Exchange again = new Exchange("GET", "/console.js", "");
        when(again.request.getHeader("If-None-Match")).thenReturn(tag);
        again.through(new PageServlet());

        assertThat(again.status).isEqualTo(304);
        assertThat(again.bytes()).isEmpty();
    }

    @Test
    void theConsoleIsSmallerThan80Kilobytes() throws IOException {
        assertThat(ConsoleFile.all().stream()
                        .filter(file -> file.name().matches(".*\\.(js|css|html)"))
                        .mapToInt(file -> file.compressed().length)
                        .sum())
                .isLessThan(LARGEST);
    }

    @Test
    void theBundleContainsTheLicensesOfThePackagesInTheConsole() throws Exception {
        Path classes = Path.of(PageServlet.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        assertThat(classes.resolve("META-INF/NOTICE"))
                .content()
                .contains("lit-html", "BSD 3-Clause", "@patternfly/patternfly", "MIT License");
    }
}
