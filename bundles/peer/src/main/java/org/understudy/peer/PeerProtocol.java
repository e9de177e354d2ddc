// SPDX-License-Identifier: Apache-2.0
package org.understudy.peer;

import java.util.Optional;
import java.util.regex.Pattern;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.PeerEndpoint;

/**
 * The version of the calls, arguments, results and events that two servers exchange. Each end sends its version and
 * checks that of the other: they work together if the versions differ by at most one, and the newer end sends only what
 * the version before understands.
 */
record PeerProtocol(int version) {
    /** What this server speaks. A change that the version before cannot read takes the next number. */
    static final PeerProtocol CURRENT = new PeerProtocol(1);

    /** Servers from before the header existed send no version. */
    private static final PeerProtocol WITHOUT_HEADER = new PeerProtocol(0);

    private static final int WINDOW = 1;
    private static final Pattern NUMBER = Pattern.compile("\\d{1,9}");

    /** The value of {@link PeerEndpoint#PROTOCOL_HEADER}. */
    String header() {
        return Integer.toString(version);
    }

    /**
     * Checks the other end.
     *
     * @param other which server that is, as the start of a message
     * @param header what it sent as {@link PeerEndpoint#PROTOCOL_HEADER}
     * @throws UnderstudyException {@link ErrorCode#HOST_UNAVAILABLE} with both versions and the server to upgrade. It is
     *     no definite refusal: a call whose response cannot be read may have been carried out.
     */
    void check(String other, Optional<String> header) {
        PeerProtocol theirs = header.map(text -> parse(other, text)).orElse(WITHOUT_HEADER);
        if (Math.abs(version - theirs.version) > WINDOW) {
            throw incompatible(
                    other,
                    "protocol version %d%s is not compatible with version %d of this server. Upgrade %s."
                            .formatted(
                                    theirs.version,
                                    header.isEmpty() ? " (no header " + PeerEndpoint.PROTOCOL_HEADER + ")" : "",
                                    version,
                                    theirs.version < version ? "the Understudy of that server" : "this server"));
        }
    }

    private static PeerProtocol parse(String other, String text) {
        if (!NUMBER.matcher(text).matches()) {
            throw incompatible(
                    other,
                    "header %s is '%s', not a version number. Check the proxies between the servers."
                            .formatted(PeerEndpoint.PROTOCOL_HEADER, text));
        }
        return new PeerProtocol(Integer.parseInt(text));
    }

    private static UnderstudyException incompatible(String other, String problem) {
        return new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, other + ": " + problem);
    }
}
