// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.understudy.api.xml.XmlBytes;

/**
 * The response to a REST request.
 *
 * @param type the content type
 * @param charset the encoding of the body
 * @param stream writes the body instead, without an end
 */
record RestResponse(
        int status,
        String type,
        Charset charset,
        byte[] body,
        Map<String, String> headers,
        Optional<StreamedBody> stream) {
    static final String JSON = "application/json";
    static final String XML = "application/xml";

    /** A body that begins now, and is written while its content arises. */
    @FunctionalInterface
    interface StreamedBody {
        void begin(HttpServletRequest request, HttpServletResponse response) throws IOException;
    }

    /** Below it, compression saves no packet. */
    private static final int SMALLEST_COMPRESSED = 4096;

    static RestResponse ok(String json) {
        return json(HttpServletResponse.SC_OK, json);
    }

    static RestResponse json(int status, String json) {
        return json(status, JSON, json);
    }

    /** @param type a content type with the syntax of JSON */
    static RestResponse json(int status, String type, String json) {
        return new RestResponse(
                status,
                type,
                StandardCharsets.UTF_8,
                json.getBytes(StandardCharsets.UTF_8),
                Map.of(),
                Optional.empty());
    }

    /** In the encoding that the document names. */
    static RestResponse xml(String document) {
        return new RestResponse(
                HttpServletResponse.SC_OK,
                XML,
                XmlBytes.charset(document),
                XmlBytes.write(document),
                Map.of(),
                Optional.empty());
    }

    static RestResponse streaming(String type, StreamedBody stream) {
        return new RestResponse(
                        HttpServletResponse.SC_OK,
                        type,
                        StandardCharsets.UTF_8,
                        new byte[0],
                        Map.of(),
                        Optional.of(stream))
                // Otherwise nginx keeps events back until its buffer is full.
                .with("X-Accel-Buffering", "no");
    }

    static RestResponse empty(int status) {
        return json(status, "");
    }

    RestResponse as(int otherStatus) {
        return new RestResponse(otherStatus, type, charset, body, headers, stream);
    }

    RestResponse with(String header, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(header, value);
        return new RestResponse(status, type, charset, body, more, stream);
    }

    /** Compresses a long body if the client reads that, except XML, which may contain passwords. */
    void sendTo(HttpServletRequest request, HttpServletResponse response) throws IOException {
        if (stream.isPresent()) {
            sendHead(response);
            if (!request.getMethod().equals("HEAD")) {
                stream.get().begin(request, response);
            }
            return;
        }
        String encodings = request.getHeader("Accept-Encoding");
        boolean compressed = body.length >= SMALLEST_COMPRESSED
                && !type.equals(XML)
                && encodings != null
                && HeaderRanges.accept(encodings, "gzip");
        (compressed ? compressed() : this).sendTo(response);
    }

    private RestResponse compressed() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new FastGzip(bytes)) {
            gzip.write(body);
        }
        return new RestResponse(status, type, charset, bytes.toByteArray(), headers, stream)
                .with("Content-Encoding", "gzip")
                .with("Vary", "Accept-Encoding");
    }

    void sendTo(HttpServletResponse response) throws IOException {
        sendHead(response);
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }

    private void sendHead(HttpServletResponse response) {
        response.setStatus(status);
        headers.forEach(response::setHeader);
        if (body.length > 0 || stream.isPresent()) {
            response.setContentType(type);
            response.setCharacterEncoding(charset.name());
        }
    }

    private static final class FastGzip extends GZIPOutputStream {
        FastGzip(ByteArrayOutputStream out) throws IOException {
            super(out);
            def.setLevel(Deflater.BEST_SPEED);
        }
    }
}
