// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.io.IOException;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import javax.servlet.http.HttpServletRequest;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmAddress;
import org.understudy.api.VmOnHost;
import org.understudy.api.xml.XmlBytes;
import org.understudy.web.access.Caller;

/** One request to the REST interface. */
final class RestRequest {
    /** Far above any definition that libvirt writes. */
    static final int LARGEST_BODY = 16 << 20;

    /** What curl sends if the caller names no type. */
    private static final String CURL_DEFAULT = "application/x-www-form-urlencoded";

    private static final List<String> JSON_TYPES = List.of(RestResponse.JSON, CURL_DEFAULT);
    private static final List<String> XML_TYPES =
            List.of(RestResponse.XML, "text/xml", "application/octet-stream", CURL_DEFAULT);

    private final HttpServletRequest request;
    private final Map<String, String> path;
    private Optional<byte[]> bytes = Optional.empty();

    /** @param path the variables of the path, decoded */
    RestRequest(HttpServletRequest request, Map<String, String> path) {
        this.request = request;
        this.path = path;
    }

    HttpServletRequest request() {
        return request;
    }

    /** A variable of the route's path. */
    String part(String name) {
        return path.get(name);
    }

    /** The name or UUID in the path, on the host in the query if it names one: a path cannot contain every name. */
    VmAddress vm() {
        String vm = part("vm");
        return query("host")
                .<VmAddress>map(host -> new VmOnHost(new HostName(host), vm))
                .orElseGet(() -> VmOnHost.withoutHost(vm));
    }

    Optional<String> header(String name) {
        return Optional.ofNullable(request.getHeader(name));
    }

    /** The name of the user. */
    String user() {
        return Caller.of(request).user();
    }

    Optional<String> query(String name) {
        return queries(name).findFirst();
    }

    /** All values of a parameter that may be repeated. */
    Stream<String> queries(String name) {
        return parameters()
                .filter(parameter -> parameter.name().equals(name))
                .map(Parameter::value)
                .filter(text -> !text.isEmpty());
    }

    /** Whether the query has this parameter with any value except {@code false}, or without a value. */
    boolean flag(String name) {
        return parameters()
                .anyMatch(parameter ->
                        parameter.name().equals(name) && !parameter.value().equals("false"));
    }

    /** A parameter of the query, decoded. */
    record Parameter(String name, String value) {}

    /** Not the servlet API's parameters: the server would consume a body of the type that curl sends by default, a form. */
    Stream<Parameter> parameters() {
        return Optional.ofNullable(request.getQueryString()).stream()
                .flatMap(query -> Arrays.stream(query.split("&")))
                .filter(parameter -> !parameter.isEmpty())
                .map(parameter -> parameter.split("=", 2))
                .map(parameter -> new Parameter(parameter[0], parameter.length == 1 ? "" : decoded(parameter[1])));
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new UnderstudyException(
                    ErrorCode.INVALID_ARGUMENT, "The query has an invalid escape: '" + text + "'", e);
        }
    }

    String requiredQuery(String name) {
        return query(name)
                .orElseThrow(() -> new UnderstudyException(
                        ErrorCode.INVALID_ARGUMENT, "Query parameter '" + name + "' is missing"));
    }

    JsonFields json(String... known) {
        requireType(JSON_TYPES);
        return JsonFields.parse(body(), Set.of(known));
    }

    /** The body as domain XML. */
    String document() {
        requireType(XML_TYPES);
        return XmlBytes.read("The body", bytes(), charset());
    }

    private void requireType(List<String> readable) {
        String type = Optional.ofNullable(request.getContentType())
                .map(text -> text.split(";")[0].strip().toLowerCase(Locale.ROOT))
                .orElse(CURL_DEFAULT);
        if (!readable.contains(type)) {
            throw new UnderstudyException(
                    ErrorCode.MEDIA_TYPE_UNSUPPORTED, "Media type '" + type + "' is not one of " + readable);
        }
    }

    /** The body as text, such as JSON. */
    String body() {
        Charset charset = charset().orElse(StandardCharsets.UTF_8);
        try {
            return charset.newDecoder().decode(ByteBuffer.wrap(bytes())).toString();
        } catch (CharacterCodingException e) {
            throw new UnderstudyException(ErrorCode.INVALID_ARGUMENT, "The body is not valid " + charset.name(), e);
        }
    }

    /** Distinguishes this call from others. */
    String digest() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            String line = request.getMethod() + " " + request.getRequestURI() + "?" + request.getQueryString() + "\n";
            digest.update(line.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest.digest(bytes()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256", e);
        }
    }

    private byte[] bytes() {
        if (bytes.isEmpty()) {
            bytes = Optional.of(readBytes());
        }
        return bytes.get();
    }

    private byte[] readBytes() {
        try {
            // A client that names the length learns of the limit before it sends the body.
            byte[] read = request.getContentLengthLong() > LARGEST_BODY
                    ? new byte[LARGEST_BODY + 1]
                    : request.getInputStream().readNBytes(LARGEST_BODY + 1);
            if (read.length > LARGEST_BODY) {
                throw new UnderstudyException(
                        ErrorCode.BODY_TOO_LARGE, "The body is longer than " + LARGEST_BODY + " bytes");
            }
            return read;
        } catch (IOException e) {
            throw new UnderstudyException(ErrorCode.IO_FAILED, "The body could not be read: " + e.getMessage(), e);
        }
    }

    private Optional<Charset> charset() {
        String name = request.getCharacterEncoding();
        try {
            return Optional.ofNullable(name).map(Charset::forName);
        } catch (IllegalArgumentException e) {
            throw new UnderstudyException(ErrorCode.INVALID_ARGUMENT, "Unknown charset '" + name + "'", e);
        }
    }
}
