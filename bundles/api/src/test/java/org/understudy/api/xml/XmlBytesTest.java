// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.xml;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.charset.Charset;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;

class XmlBytesTest {
    private static final String MARK = "\uFEFF";

    private static String document(String encoding) {
        return "<?xml version='1.0' encoding='" + encoding + "'?>\r\n<domain><title>Bj\u00F6rn</title></domain>\n";
    }

    /** Name, bytes. */
    static Stream<Arguments> documents() {
        Map<String, byte[]> all = new TreeMap<>(Map.of(
                "no declaration", "<domain><title>Bj\u00F6rn \u4e16</title></domain>".getBytes(UTF_8),
                "UTF-8", document("utf-8").getBytes(UTF_8),
                "UTF-8 with mark", (MARK + document("UTF-8")).getBytes(UTF_8),
                "UTF-8 with mark, no declaration", (MARK + "<domain>\u00F6</domain>").getBytes(UTF_8),
                "latin1", document("ISO-8859-1").getBytes(ISO_8859_1),
                "windows-1252", document("windows-1252").getBytes(Charset.forName("windows-1252")),
                "UTF-16 little-endian", (MARK + document("UTF-16")).getBytes(UTF_16LE),
                "UTF-16 big-endian", (MARK + document("UTF-16")).getBytes(UTF_16BE),
                "UTF-16LE by name", document("UTF-16LE").getBytes(UTF_16LE),
                "UTF-16BE by name", document("UTF-16BE").getBytes(UTF_16BE)));
        all.put("UTF-16LE by name with mark", (MARK + document("UTF-16LE")).getBytes(UTF_16LE));
        all.put(
                "latin1 in a long declaration",
                document("ISO-8859-1")
                        .replace(" encoding", " ".repeat(900) + "encoding")
                        .getBytes(ISO_8859_1));
        return all.entrySet().stream().map(e -> Arguments.of(e.getKey(), e.getValue()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("documents")
    void writesTheSameBytesAfterAnEdit(String name, byte[] bytes) {
        String text = XmlBytes.read("a.xml", bytes, Optional.empty());

        DomainDocument document = DomainDocument.parse(text);
        assertThat(document.root().is("domain")).isTrue();
        assertThat(text).contains("\u00F6");
        String edited =
                new Edits(document).attribute(document.root(), "id", "7").apply();
        String reread = XmlBytes.read("a.xml", XmlBytes.write(edited), Optional.empty());
        assertThat(reread).isEqualTo(edited);
        DomainDocument again = DomainDocument.parse(reread);
        String undone = new Edits(again)
                .remove(again.root().attributeAt("id").orElseThrow())
                .apply();
        assertThat(XmlBytes.write(undone)).isEqualTo(bytes);
    }

    static Stream<Arguments> contradictions() {
        byte[] unmarked = document("UTF-16").getBytes(UTF_16LE);
        return Stream.of(
                Arguments.of(document("UTF-8").getBytes(ISO_8859_1), "offset 57 is not part of a character"),
                Arguments.of("<domain>\u00F6</domain>".getBytes(ISO_8859_1), "is not UTF-8"),
                Arguments.of((MARK + document("UTF-8")).getBytes(UTF_16LE), "encoded in UTF-16LE, but its XML"),
                Arguments.of((MARK + "<domain/>").getBytes(UTF_16BE), "declaration names UTF-8"),
                Arguments.of(
                        (MARK + document("ISO-8859-1")).getBytes(UTF_8),
                        "ISO-8859-1, which lacks the character U+FEFF"),
                Arguments.of(document("UTF-16").getBytes(UTF_8), "names the encoding UTF-16, but is not encoded in it"),
                Arguments.of(unmarked, "encoded in UTF-16LE, but its XML declaration names UTF-16"),
                Arguments.of(cut((MARK + document("UTF-16")).getBytes(UTF_16BE)), "is not UTF-16BE"),
                Arguments.of(document("klingon").getBytes(UTF_8), "'klingon', which is not supported"),
                Arguments.of(document("US-ASCII").getBytes(UTF_8), "is not US-ASCII"),
                Arguments.of(
                        (MARK + "<domain/>").getBytes(Charset.forName("UTF-32LE")), "UTF-32, which is not supported"));
    }

    private static byte[] cut(byte[] bytes) {
        return Arrays.copyOf(bytes, bytes.length - 1);
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("contradictions")
    void refusesBytesThatContradictTheDeclaration(byte[] bytes, String why) {
        assertThatExceptionOfType(UnderstudyException.class)
                .isThrownBy(() -> XmlBytes.read("a.xml", bytes, Optional.empty()))
                .withMessageStartingWith("a.xml ")
                .withMessageContaining(why)
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.ENCODING_WRONG));
    }

    @Test
    void prefersTheTransportsCharsetToTheDeclaration() {
        byte[] bytes = document("ISO-8859-1").getBytes(UTF_8);
        String text = XmlBytes.read("the body", bytes, Optional.of(UTF_8));
        assertThat(text).contains("Bj\u00F6rn");
        assertThat(XmlBytes.write(text)).isEqualTo(document("ISO-8859-1").getBytes(ISO_8859_1));
        assertThat(XmlBytes.charset(text)).isEqualTo(ISO_8859_1);
    }

    @Test
    void prefersTheByteOrderMarkToTheTransportsCharset() {
        byte[] bytes = (MARK + document("UTF-8")).getBytes(UTF_8);
        String text = XmlBytes.read("the body", bytes, Optional.of(ISO_8859_1));
        assertThat(XmlBytes.write(text)).isEqualTo(bytes);
    }

    @Test
    void keepsTheByteOrderOfATextTransportedAsUtf8() {
        byte[] bytes = (MARK + document("UTF-16")).getBytes(UTF_16LE);
        byte[] travelling = XmlBytes.read("a.xml", bytes, Optional.empty()).getBytes(UTF_8);
        assertThat(XmlBytes.write(XmlBytes.read("the body", travelling, Optional.of(UTF_8))))
                .isEqualTo(bytes);
    }

    @Test
    void refusesACharacterThatTheDeclaredEncodingLacks() {
        byte[] bytes = document("ISO-8859-1").replace("Bj", "\u20AC").getBytes(UTF_8);
        assertThatExceptionOfType(UnderstudyException.class)
                .isThrownBy(() -> XmlBytes.read("the body", bytes, Optional.of(UTF_8)))
                .withMessageContaining("lacks the character U+20AC");
    }
}
