// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.xml;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;

/**
 * Converts an XML document between bytes and text. The text determines the bytes, so that a document can be passed on as
 * text: its XML declaration names the encoding, and a byte order mark stays part of the text.
 *
 * <p>The mark is U+FEFF; in UTF-16 with the low byte first it is U+FFFE, which is not a character and occurs in no other
 * text.
 */
public final class XmlBytes {
    private static final char MARK = '\uFEFF';
    private static final char SWAPPED_MARK = '\uFFFE';
    private static final Pattern DECLARATION = Pattern.compile(
            "<\\?xml\\s+version\\s*=\\s*(?:'[^']*'|\"[^\"]*\")\\s+encoding\\s*=\\s*['\"]([A-Za-z][\\w.-]*)['\"]");

    /** The maximum length of an XML declaration that names an encoding. */
    private static final int DECLARATION_BYTES = 1024;

    private XmlBytes() {}

    /**
     * Reads a document in the encoding of its byte order mark, else of its transport, else of its XML declaration, else in
     * UTF-8. Source: RFC 7303, section 3; XML 1.0, section 4.3.3.
     *
     * @param source what the bytes are, for messages
     * @param bytes the document
     * @param declared the charset of the transport, such as that of HTTP's Content-Type
     * @return its text
     * @throws UnderstudyException {@link ErrorCode#ENCODING_WRONG} if the bytes are not in that encoding, or if the XML
     *     declaration names another one
     */
    public static String read(String source, byte[] bytes, Optional<Charset> declared) {
        Charset charset = marked(source, bytes).or(() -> declared).orElseGet(() -> declared(source, bytes));
        String text = decode(source, bytes, charset);
        byte[] again = encode(source, text);
        if (declared.isEmpty() && !Arrays.equals(again, bytes)) {
            throw invalid("%s is encoded in %s, but its XML declaration names %s"
                    .formatted(source, charset.name(), charset(source, text).name()));
        }
        return text;
    }

    /**
     * {@return the document's bytes}
     *
     * @param text the document
     * @throws UnderstudyException {@link ErrorCode#ENCODING_WRONG} if the encoding that the XML declaration names is
     *     unknown or lacks one of the characters
     */
    public static byte[] write(String text) {
        return encode("The document", text);
    }

    /**
     * {@return the encoding that {@link #write} uses, as the XML declaration names it}
     *
     * @param text the document
     */
    public static Charset charset(String text) {
        return charset("The document", text);
    }

    /** The number of characters before the XML: 1 with a byte order mark, else 0. */
    static int markLength(String text) {
        return !text.isEmpty() && (text.charAt(0) == MARK || text.charAt(0) == SWAPPED_MARK) ? 1 : 0;
    }

    private static Charset charset(String source, String text) {
        return named(source, text.substring(markLength(text), Math.min(text.length(), DECLARATION_BYTES)))
                .orElse(StandardCharsets.UTF_8);
    }

    private static Optional<Charset> named(String source, String start) {
        Matcher declaration = DECLARATION.matcher(start);
        if (!declaration.lookingAt()) {
            return Optional.empty();
        }
        String name = declaration.group(1);
        if (!Charset.isSupported(name) || !Charset.forName(name).canEncode()) {
            throw invalid(source + " names the encoding '" + name + "', which is not supported");
        }
        return Optional.of(Charset.forName(name));
    }

    private static Optional<Charset> marked(String source, byte[] bytes) {
        if (starts(bytes, 0, 0, 0xFE, 0xFF) || starts(bytes, 0xFF, 0xFE, 0, 0)) {
            throw invalid(source + " is encoded in UTF-32, which is not supported");
        }
        if (starts(bytes, 0xEF, 0xBB, 0xBF)) {
            return Optional.of(StandardCharsets.UTF_8);
        }
        if (starts(bytes, 0xFE, 0xFF)) {
            return Optional.of(StandardCharsets.UTF_16BE);
        }
        return starts(bytes, 0xFF, 0xFE) ? Optional.of(StandardCharsets.UTF_16LE) : Optional.empty();
    }

    /** The encoding of a document without a mark; its declaration is readable in any family of encodings. */
    private static Charset declared(String source, byte[] bytes) {
        if (starts(bytes, 0, '<')) {
            return StandardCharsets.UTF_16BE;
        }
        if (starts(bytes, '<', 0)) {
            return StandardCharsets.UTF_16LE;
        }
        byte[] start = Arrays.copyOf(bytes, Math.min(bytes.length, DECLARATION_BYTES));
        Charset charset =
                named(source, new String(start, StandardCharsets.ISO_8859_1)).orElse(StandardCharsets.UTF_8);
        if (!Arrays.equals("<".getBytes(charset), new byte[] {'<'})) {
            throw invalid(source + " names the encoding " + charset.name() + ", but is not encoded in it");
        }
        return charset;
    }

    private static String decode(String source, byte[] bytes, Charset charset) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        try {
            String text = charset.newDecoder().decode(in).toString();
            boolean swapped = charset.equals(StandardCharsets.UTF_16LE) && markLength(text) > 0;
            return swapped ? SWAPPED_MARK + text.substring(1) : text;
        } catch (CharacterCodingException e) {
            throw invalid("%s is not %s: the byte at offset %d is not part of a character"
                    .formatted(source, charset.name(), in.position()));
        }
    }

    private static byte[] encode(String source, String text) {
        Charset charset = charset(source, text);
        boolean swapped = text.startsWith(String.valueOf(SWAPPED_MARK));
        // UTF-16 without a byte order always has a mark, and Java supports it with the high byte first only.
        boolean utf16 = charset.equals(StandardCharsets.UTF_16);
        Charset order = utf16 ? swapped ? StandardCharsets.UTF_16LE : StandardCharsets.UTF_16BE : charset;
        String mark = utf16 || markLength(text) > 0 ? String.valueOf(MARK) : "";
        String marked = mark + text.substring(markLength(text));
        CharBuffer in = CharBuffer.wrap(marked);
        try {
            ByteBuffer out = order.newEncoder().encode(in);
            return Arrays.copyOf(out.array(), out.limit());
        } catch (CharacterCodingException e) {
            throw invalid("%s names the encoding %s, which lacks the character U+%04X"
                    .formatted(source, charset.name(), marked.codePointAt(in.position())));
        }
    }

    private static UnderstudyException invalid(String details) {
        return new UnderstudyException(ErrorCode.ENCODING_WRONG, details);
    }

    private static boolean starts(byte[] bytes, int... with) {
        for (int i = 0; i < with.length; i++) {
            if (i >= bytes.length || (bytes[i] & 0xFF) != with[i]) {
                return false;
            }
        }
        return true;
    }
}
