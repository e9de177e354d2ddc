// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.io.IOException;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import javax.servlet.http.HttpServletRequest;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.xml.XmlBytes;

/**
 * One request to the REST interface.
 *
 * @param path the parts of the path below the interface's root, decoded
 */
record RestRequest(HttpServletRequest request, List<String> path) {
    /** Far above any definition that libvirt writes. */
    static final int LARGEST_BODY = 16 << 20;

    String part(int index) {
        return path.get(index);
    }

    Optional<String> query(String name) {
        return queries(name).findFirst();
    }

    /** All values of a parameter that may be repeated. */
    Stream<String> queries(String name) {
        return values(name).filter(text -> !text.isEmpty());
    }

    /** Whether the query has this parameter with any value except {@code false}, or without a value. */
    boolean flag(String name) {
        return values(name).anyMatch(text -> !text.equals("false"));
    }

    /** Not the servlet API's parameters: the server would consume a body of the type that curl sends by default, a form. */
    private Stream<String> values(String name) {
        return Optional.ofNullable(request.getQueryString()).stream()
                .flatMap(query -> Arrays.stream(query.split("&")))
                .map(parameter -> parameter.split("=", 2))
                .filter(parameter -> parameter[0].equals(name))
                .map(parameter -> parameter.length == 1 ? "" : decoded(parameter[1]));
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
        return JsonFields.parse(body(), Set.of(known));
    }

    /** The body as domain XML. */
    String document() {
        return XmlBytes.read("The body", bytes(), charset());
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

    private byte[] bytes() {
        try {
            byte[] bytes = request.getInputStream().readNBytes(LARGEST_BODY + 1);
            if (bytes.length > LARGEST_BODY) {
                throw new UnderstudyException(
                        ErrorCode.XML_REFUSED, "The body is longer than " + LARGEST_BODY + " bytes");
            }
            return bytes;
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
