// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * One action of a user, with its result. Contains no password and no document.
 *
 * @param id unique among all servers
 * @param time when the action ended
 * @param user the name of the user; for a token {@code USER (token NAME)}
 * @param face the interface that was used
 * @param remoteAddress the address of the client; empty if it is on this machine without a network
 * @param action what was done
 * @param object what it was done to, such as the name of a VM or the ID of a migration; empty if the call names none
 * @param uuid the UUID of the VM, if the object is one that is known
 * @param host the host of the object, if it is known
 * @param result how it ended
 * @param error the error code, unless the action was accepted
 * @param message the reason of the result or further values of the call, on one line; may be empty
 */
public record AuditEntry(
        UUID id,
        Instant time,
        String user,
        Face face,
        Optional<String> remoteAddress,
        Action action,
        String object,
        Optional<UUID> uuid,
        Optional<HostName> host,
        Result result,
        Optional<ErrorCode> error,
        String message) {
    /** Longer texts are cut, so that no caller can fill a store. */
    private static final int LONGEST = 500;

    /** An interface of Understudy. */
    public enum Face {
        /** The REST interface, by a password or a token. */
        REST,
        /** The shell. */
        SHELL,
        /** The socket for hooks of this machine. */
        HOOK,
        /** The console, which calls the REST interface with a session. */
        CONSOLE,
        /** MBeans. */
        JMX,
        /** Services, called by another bundle. */
        OSGI
    }

    /** How an action ended. */
    public enum Result {
        /** It was done, or has started. */
        ACCEPTED,
        /** It was refused before a change. */
        REFUSED,
        /** It was tried and failed. */
        FAILED;

        private static final int FIRST_SERVER_ERROR = 500;

        /**
         * {@return the result of an action that ended with an error}
         *
         * @param error its code
         */
        public static Result of(ErrorCode error) {
            return error.httpStatus() < FIRST_SERVER_ERROR ? REFUSED : FAILED;
        }
    }

    /**
     * Cuts the texts and makes each one line.
     *
     * @param id unique among all servers
     * @param time when the action ended
     * @param user the name of the user; for a token {@code USER (token NAME)}
     * @param face the interface that was used
     * @param remoteAddress the address of the client; empty if it is on this machine without a network
     * @param action what was done
     * @param object what it was done to, such as the name of a VM or the ID of a migration; empty if the call names none
     * @param uuid the UUID of the VM, if the object is one that is known
     * @param host the host of the object, if it is known
     * @param result how it ended
     * @param error the error code, unless the action was accepted
     * @param message the reason of the result or further values of the call, on one line; may be empty
     */
    public AuditEntry {
        user = oneLine(user);
        object = oneLine(object);
        message = oneLine(message);
    }

    private static String oneLine(String text) {
        String printable = text.replaceAll("[\\p{Cntrl}\\p{Zl}\\p{Zp}\\p{Cf}]", "?");
        return printable.length() <= LONGEST ? printable : printable.substring(0, LONGEST) + "...";
    }
}
