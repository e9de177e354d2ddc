// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.List;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.understudy.api.AccessToken;
import org.understudy.api.AccessTokens;

@Service
@Command(scope = "understudy", name = "token-list", description = "List the tokens of scripts, without their secrets")
public final class TokenList extends UnderstudyCommand {
    @Argument(index = 0, name = "options", description = "Options may also follow the arguments", multiValued = true)
    List<String> trailing = List.of();

    @Reference
    AccessTokens tokens;

    @Override
    int run() {
        List<AccessToken> all = tokens.list();
        print(all, () -> {
            if (all.isEmpty()) {
                out().println("No tokens.");
            }
            all.forEach(token -> out().printf(
                            "%s  %s of %s, %s, expires %s, last used %s%n",
                            token.id(),
                            token.name(),
                            token.user(),
                            TextView.word(token.role()),
                            token.expires(),
                            token.lastUsed().map(String::valueOf).orElse("never")));
        });
        return 0;
    }
}
