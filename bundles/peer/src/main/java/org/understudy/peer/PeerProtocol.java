// SPDX-License-Identifier: Apache-2.0
package org.understudy.peer;

import java.util.Optional;
import java.util.regex.Pattern;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.spi.PeerEndpoint;

/**
 * The version of the calls, arguments, results and events that two servers exchange. Each end sends its version and
 * checks that of the other. The versions may differ by at most one; the newer end sends only what the previous version
 * understands.
 */
record PeerProtocol(int version) {
    /** The version of this server. Increase it for a change that the previous version cannot read. */
    static final PeerProtocol CURRENT = new PeerProtocol(1);

    /** Servers without the header send no version. */
    private static final PeerProtocol WITHOUT_HEADER = new PeerProtocol(0);

    private static final int WINDOW = 1;
    /** The first version in which the name of a VM is any text. */
    private static final int ANY_NAME = 1;

    private static final int LONGEST_FORMER_NAME = 64;
    private static final Pattern NUMBER = Pattern.compile("\\d{1,9}");

    /** The value of {@link PeerEndpoint#PROTOCOL_HEADER}. */
    String header() {
        return Integer.toString(version);
    }

    /**
     * Checks the other end.
     *
     * @param other the other server, as the start of a message
     * @param header its value of {@link PeerEndpoint#PROTOCOL_HEADER}
     * @return the protocol of the other end
     * @throws UnderstudyException {@link ErrorCode#HOST_UNAVAILABLE} with both versions and the server to upgrade. It is
     *     not a definite refusal: a call whose response cannot be read may have been executed.
     */
    PeerProtocol check(String other, Optional<String> header) {
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
        return theirs;
    }

    /** Whether this version reads a VM of this name. A server of an earlier version ignores other VMs. */
    boolean reads(VmName vm) {
        return version >= ANY_NAME
                || vm.encoded().equals(vm.value()) && vm.value().length() <= LONGEST_FORMER_NAME;
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
