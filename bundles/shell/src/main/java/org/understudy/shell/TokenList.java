// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.understudy.api.AccessTokens;
import org.understudy.api.Action;

@Service
@Performs(Action.TOKENS)
@Command(
        scope = "understudy",
        name = "token-list",
        description = "List the tokens of scripts that have not expired, newest first",
        detailedDescription = UnderstudyCommand.EXIT_STATUS)
public final class TokenList extends UnderstudyCommand {
    @Reference
    AccessTokens tokens;

    @Override
    int run() {
        var all = tokens.list();
        print(all, () -> TokenText.tokens(out(), all));
        return 0;
    }
}
