// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.understudy.api.HostName;

/** What is being done on each host. Guarded by the lock of {@link HostRegistry}. */
final class HostWork {
    private final Map<HostName, List<Piece>> pieces = new HashMap<>();

    /** One piece of work; two with the same name are different. */
    static final class Piece {
        private final HostName host;
        private final String name;

        private Piece(HostName host, String name) {
            this.host = host;
            this.name = name;
        }

        HostName host() {
            return host;
        }
    }

    Piece begin(HostName host, String name) {
        Piece piece = new Piece(host, name);
        pieces.computeIfAbsent(host, h -> new ArrayList<>()).add(piece);
        return piece;
    }

    /** Has no effect if repeated. */
    void end(Piece piece) {
        pieces.computeIfPresent(piece.host, (host, on) -> {
            on.remove(piece);
            return on.isEmpty() ? null : on;
        });
    }

    /** The names of the work on a host; empty if there is none. */
    List<String> on(HostName host) {
        return pieces.getOrDefault(host, List.of()).stream().map(p -> p.name).toList();
    }
}
