// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/**
 * A file of the console, as its build made it; immutable. It is kept compressed, because most browsers receive it that way.
 *
 * @param tag its entity tag
 */
record ConsoleFile(String name, byte[] content, byte[] compressed, String tag) {
    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html;charset=utf-8",
            "css", "text/css;charset=utf-8",
            "js", "text/javascript;charset=utf-8",
            "txt", "text/plain;charset=utf-8",
            "svg", "image/svg+xml");

    /** In a page: the way to the folder of the console. */
    private static final String ROOT = "{root}";

    /** {@return all files; the build lists them} */
    static List<ConsoleFile> all() throws IOException {
        return new String(read("files.txt"), StandardCharsets.UTF_8)
                .lines()
                .map(name -> {
                    try {
                        return of(name, read(name));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                })
                .toList();
    }

    private static byte[] read(String name) throws IOException {
        try (InputStream in = ConsoleFile.class.getResourceAsStream("/console/" + name)) {
            if (in == null) {
                throw new FileNotFoundException("/console/" + name);
            }
            return in.readAllBytes();
        }
    }

    static ConsoleFile of(String name, byte[] content) throws IOException {
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
            gzip.write(content);
        }
        return new ConsoleFile(name, content, compressed.toByteArray(), '"' + digest(content) + '"');
    }

    private static String digest(byte[] content) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
            return HexFormat.of().formatHex(Arrays.copyOf(digest, 12));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** {@return the page for an address that is this many folders below that of the console} */
    ConsoleFile at(int depth) throws IOException {
        String text = new String(content, StandardCharsets.UTF_8).replace(ROOT, "../".repeat(depth));
        return of(name, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Sends it, unless the browser has it: files change only with the bundle and contain no secrets. */
    void sendTo(HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.setHeader("Cache-Control", "no-cache");
        response.setHeader("ETag", tag);
        // Besides the origin, if pages of others may embed it.
        response.addHeader("Vary", "Accept-Encoding");
        if (tag.equals(request.getHeader("If-None-Match"))) {
            response.setStatus(HttpServletResponse.SC_NOT_MODIFIED);
            return;
        }
        response.setContentType(TYPES.get(name.substring(name.lastIndexOf('.') + 1)));
        boolean gzip = Optional.ofNullable(request.getHeader("Accept-Encoding"))
                .filter(accepted -> accepted.contains("gzip"))
                .isPresent();
        if (gzip) {
            response.setHeader("Content-Encoding", "gzip");
        }
        response.getOutputStream().write(gzip ? compressed : content);
    }
}
