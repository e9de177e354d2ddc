// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.io.PrintStream;
import java.util.List;
import org.apache.karaf.shell.support.table.ShellTable;
import org.understudy.api.AccessToken;

/** Prints tokens as text. */
final class TokenText {
    private TokenText() {}

    static void tokens(PrintStream out, List<AccessToken> tokens) {
        ShellTable table = new ShellTable();
        List.of("Token", "Name", "User", "Role", "Created", "Expires", "Last used")
                .forEach(table::column);
        for (AccessToken token : tokens) {
            table.addRow()
                    .addContent(
                            token.id(),
                            token.name(),
                            token.user(),
                            TextView.word(token.role()),
                            token.created(),
                            token.expires(),
                            token.lastUsed().map(Object::toString).orElse("never"));
        }
        table.emptyTableText("No tokens").print(out);
    }
}
