// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.karaf.shell.api.console.Session;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.xml.XmlBytes;

/** Reads the domain XML that a command names. */
final class Documents {
    /** Far above any definition that libvirt writes. */
    static final int LARGEST = 16 << 20;

    private Documents() {}

    /** @param source a file of the server, or {@code -} for the session's standard input */
    static String read(Session session, String source) {
        if (source.equals("-")) {
            return read("standard input", session.getKeyboard());
        }
        try (InputStream in = Files.newInputStream(Path.of(source))) {
            return read(source, in);
        } catch (IOException | InvalidPathException e) {
            throw new UnderstudyException(ErrorCode.IO_FAILED, "Cannot read '" + source + "': " + e, e);
        }
    }

    private static String read(String source, InputStream in) {
        try {
            byte[] bytes = in.readNBytes(LARGEST + 1);
            if (bytes.length > LARGEST) {
                throw new UnderstudyException(
                        ErrorCode.XML_REFUSED, "'" + source + "' is longer than " + LARGEST + " bytes");
            }
            return XmlBytes.read("'" + source + "'", bytes, Optional.empty());
        } catch (IOException e) {
            throw new UnderstudyException(ErrorCode.IO_FAILED, "Cannot read '" + source + "': " + e, e);
        }
    }
}
