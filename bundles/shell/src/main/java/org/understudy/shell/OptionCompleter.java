// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.api.console.Command;
import org.apache.karaf.shell.api.console.CommandLine;
import org.apache.karaf.shell.api.console.Completer;
import org.apache.karaf.shell.api.console.Session;

/**
 * Completes options that follow the arguments. Karaf's completer knows the options of a command, but offers them before the
 * arguments only, so it is asked for the same command without its arguments.
 */
@Service
public final class OptionCompleter implements Completer {
    @Override
    public int complete(Session session, CommandLine line, List<String> candidates) {
        String[] words = line.getArguments();
        int position = line.getBufferPosition() - line.getArgumentPosition();
        if (words.length < 2) {
            // Karaf checks a word before the cursor: any is acceptable here, and the command reports a wrong one.
            candidates.add(line.getCursorArgument());
            return position;
        }
        String begin = Optional.ofNullable(line.getCursorArgument())
                .map(word -> word.substring(0, line.getArgumentPosition()))
                .orElse("");
        Set<String> used = Set.copyOf(Arrays.asList(words).subList(0, line.getCursorArgumentIndex()));
        options(session, words[0]).stream()
                .map(String::strip)
                .filter(option -> option.startsWith(begin) && !used.contains(option))
                // With the blank that ends a complete word, as Karaf's own completers have it.
                .forEach(option -> candidates.add(option + " "));
        return candidates.isEmpty() ? -1 : position;
    }

    private static List<String> options(Session session, String name) {
        String[] scoped = session.resolveCommand(name).split(":", 2);
        List<String> options = new ArrayList<>();
        Optional.ofNullable(session.getRegistry().getCommand(scoped[0], scoped[scoped.length - 1]))
                .map((Command command) -> command.getCompleter(false))
                .ifPresent(completer -> completer.complete(session, new OptionLine(name), options));
        return options;
    }

    /** The command with a hyphen at the cursor. */
    private record OptionLine(String command) implements CommandLine {
        @Override
        public int getCursorArgumentIndex() {
            return 1;
        }

        @Override
        public String getCursorArgument() {
            return "-";
        }

        @Override
        public int getArgumentPosition() {
            return 1;
        }

        @Override
        public String[] getArguments() {
            return new String[] {command, "-"};
        }

        @Override
        public int getBufferPosition() {
            return getBuffer().length();
        }

        @Override
        public String getBuffer() {
            return command + " -";
        }
    }
}
