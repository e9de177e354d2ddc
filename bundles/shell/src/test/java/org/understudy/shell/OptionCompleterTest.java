// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.util.ArrayList;
import java.util.List;
import org.apache.karaf.shell.api.console.Command;
import org.apache.karaf.shell.api.console.CommandLine;
import org.apache.karaf.shell.api.console.Completer;
import org.apache.karaf.shell.api.console.Registry;
import org.apache.karaf.shell.api.console.Session;
import org.apache.karaf.shell.support.completers.ArgumentCommandLine;
import org.apache.karaf.shell.support.completers.StringsCompleter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OptionCompleterTest {
    private final Session session = mock(Session.class);

    /** Karaf's completer of the command: it offers its options to a word with a hyphen. */
    private final Completer ofCommand = (in, line, candidates) -> line.getCursorArgumentIndex() == 1
            ? new StringsCompleter(List.of("--json", "--pool", "--help")).complete(in, line, candidates)
            : -1;

    @BeforeEach
    void prepare() {
        Registry registry = mock(Registry.class);
        Command command = mock(Command.class);
        when(session.getRegistry()).thenReturn(registry);
        when(session.resolveCommand("pair-on")).thenReturn("understudy:pair-on");
        when(registry.getCommand("understudy", "pair-on")).thenReturn(command);
        when(command.getCompleter(false)).thenReturn(ofCommand);
    }

    private List<String> completions(String... words) {
        CommandLine line = mock(CommandLine.class);
        String last = words[words.length - 1];
        String buffer = String.join(" ", words);
        when(line.getArguments()).thenReturn(words);
        when(line.getCursorArgument()).thenReturn(last);
        when(line.getCursorArgumentIndex()).thenReturn(words.length - 1);
        when(line.getArgumentPosition()).thenReturn(last.length());
        when(line.getBufferPosition()).thenReturn(buffer.length());
        List<String> candidates = new ArrayList<>();
        int position = new OptionCompleter().complete(session, line, candidates);
        if (!candidates.isEmpty()) {
            assertThat(position).isEqualTo(buffer.length() - last.length());
        }
        assertThat(candidates).allMatch(candidate -> candidate.endsWith(" "));
        return candidates.stream().map(String::strip).toList();
    }

    @Test
    void offersTheOptionsOfTheCommandAfterItsArguments() {
        assertThat(completions("pair-on", "web1", "")).containsExactly("--help", "--json", "--pool");
        assertThat(completions("pair-on", "web1", "--p")).containsExactly("--pool");
        assertThat(completions("pair-on", "web1", "--x")).isEmpty();
    }

    @Test
    void offersNoOptionTwice() {
        assertThat(completions("pair-on", "web1", "--json", "--")).containsExactly("--help", "--pool");
    }

    /** Karaf completes a word only if the completers accept all words before it. */
    @Test
    void acceptsEveryEarlierWord() {
        List<String> candidates = new ArrayList<>();

        assertThat(new OptionCompleter().complete(session, new ArgumentCommandLine("fast", 4), candidates))
                .isZero();
        assertThat(candidates).containsExactly("fast");
    }

    @Test
    void offersNothingForAnUnknownCommand() {
        when(session.resolveCommand(any())).thenReturn("other:pair-on");

        assertThat(completions("pair-on", "web1", "--")).isEmpty();
    }
}
