// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.apache.karaf.shell.api.console.Session;

/** A session whose output a test can read. */
final class Terminal {
    final Session session = mock(Session.class);
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    Terminal() {
        when(session.getConsole()).thenReturn(new PrintStream(printed, true, StandardCharsets.UTF_8));
    }

    void type(byte[] input) {
        when(session.getKeyboard()).thenReturn(new ByteArrayInputStream(input));
    }

    /** Makes a command ready to run in this session. */
    <C extends UnderstudyCommand> C ready(C command) {
        command.session = session;
        command.view = value -> "JSON " + value;
        return command;
    }

    byte[] bytes() {
        return printed.toByteArray();
    }

    String text() {
        return printed.toString(StandardCharsets.UTF_8);
    }
}
