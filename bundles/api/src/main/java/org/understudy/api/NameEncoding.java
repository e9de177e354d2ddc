// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * The two other forms of a free-form name. Names of VMs come from other programs, so they may contain anything:
 * blanks, quotes, control characters, characters that reverse the direction of a text.
 *
 * <p>The encoded form consists of ASCII letters, digits, dot, hyphen, underscore and tilde, so it is safe in file names, URLs, command
 * lines and lease owners. A name that consists of these characters, without tilde, is its own encoded form.
 */
final class NameEncoding {
    /** Reserved in no URL or file name, and part of no name that Understudy accepted before names were free-form. */
    private static final char ESCAPE = '~';

    private static final HexFormat HEX = HexFormat.of().withUpperCase();
    private static final Pattern ENCODED =
            Pattern.compile("(?:[A-Za-z0-9_]|~[0-9A-F]{2})(?:[A-Za-z0-9_.-]|~[0-9A-F]{2})*");

    private NameEncoding() {}

    static String encode(String name) {
        StringBuilder encoded = new StringBuilder();
        for (byte each : name.getBytes(StandardCharsets.UTF_8)) {
            char character = (char) (each & 0xFF);
            boolean plain = isLetterOrDigit(character)
                    || character == '_'
                    || encoded.length() > 0 && (character == '.' || character == '-');
            if (plain) {
                encoded.append(character);
            } else {
                HEX.toHexDigits(encoded.append(ESCAPE), each);
            }
        }
        return encoded.toString();
    }

    /** @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT} if the text is not an encoded name */
    static String decode(String text) {
        if (!ENCODED.matcher(text).matches()) {
            throw notEncoded(text);
        }
        ByteArrayOutputStream name = new ByteArrayOutputStream();
        for (int at = 0; at < text.length(); at++) {
            if (text.charAt(at) == ESCAPE) {
                name.write(HexFormat.fromHexDigits(text, at + 1, at + 3));
                at += 2;
            } else {
                name.write(text.charAt(at));
            }
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(name.toByteArray()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw notEncoded(text);
        }
    }

    private static UnderstudyException notEncoded(String text) {
        return new UnderstudyException(ErrorCode.INVALID_ARGUMENT, "'" + display(text) + "' is not an encoded name");
    }

    private static boolean isLetterOrDigit(char character) {
        return character < 0x80 && Character.isLetterOrDigit(character);
    }

    /** The name for logs, messages and terminals: what could change their lines, colours or direction is escaped. */
    static String display(String name) {
        StringBuilder shown = new StringBuilder();
        name.codePoints().forEach(c -> {
            if (isUnsafe(c)) {
                shown.append("\\u").append(HEX.toHexDigits((char) c));
            } else {
                shown.appendCodePoint(c);
            }
        });
        return shown.toString();
    }

    private static boolean isUnsafe(int character) {
        return switch (Character.getType(character)) {
            case Character.CONTROL, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SURROGATE ->
                true;
            default -> isDirectionMark(character);
        };
    }

    /** Source: Unicode Bidirectional Algorithm, UAX 9, section 2, and the implicit marks of section 2.6. */
    private static boolean isDirectionMark(int character) {
        return character == 0x061C
                || character == 0x200E
                || character == 0x200F
                || character >= 0x202A && character <= 0x202E
                || character >= 0x2066 && character <= 0x2069;
    }
}
