// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests;

import java.util.function.Supplier;
import org.junit.jupiter.api.extension.ExtensionContext.Store;

/** Machines and servers that the classes of a run share. */
public final class Shared {
    private Shared() {}

    /**
     * The shared one of this type; starts it if there is none. A failed start is not kept, unlike one that the store computes: the
     * next class tries again.
     */
    public static <T> T of(Store store, Class<T> type, Supplier<T> start) {
        T present = store.get(type, type);
        if (present != null) {
            return present;
        }
        T started = start.get();
        store.put(type, started);
        return started;
    }
}
