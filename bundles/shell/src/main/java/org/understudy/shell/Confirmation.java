// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.io.IOException;
import org.apache.karaf.shell.api.console.Session;
import org.jline.reader.EndOfFileException;
import org.jline.reader.UserInterruptException;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;

/** Asks the user before something is taken away. */
final class Confirmation {
    private Confirmation() {}

    /**
     * Returns if the user agrees.
     *
     * @param warning what will happen, without a full stop
     * @param question answered by yes or no
     * @param refusal the message if the user does not agree
     * @throws UnderstudyException {@link ErrorCode#CANCELLED}; {@link ErrorCode#INVALID_ARGUMENT} without a terminal
     */
    static void require(Session session, boolean json, String warning, String question, String refusal) {
        if (!isAgreed(session, json, warning, question)) {
            throw new UnderstudyException(ErrorCode.CANCELLED, refusal);
        }
    }

    private static boolean isAgreed(Session session, boolean json, String warning, String question) {
        try {
            if (!json) {
                session.getConsole().println(warning + ".");
                return session.readLine(question + " (yes/no) ", null).strip().equalsIgnoreCase("yes");
            }
        } catch (IOException | UserInterruptException | EndOfFileException e) {
            // Control-C or Control-D
            return false;
        } catch (UnsupportedOperationException e) {
            // A session without a terminal, such as that of a command over ssh.
        }
        throw new UnderstudyException(ErrorCode.INVALID_ARGUMENT, "Option --yes is missing: " + warning);
    }
}
