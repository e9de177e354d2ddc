// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.understudy.itests.Built;
import org.understudy.itests.Shared;

/**
 * Passes to {@code @BeforeAll} the server that all classes of a run share, each with its own hosts. After each class it has neither
 * VMs nor hosts, or the class fails, and the next one gets a new server.
 */
final class SharedKaraf implements ParameterResolver, AfterAllCallback {
    private static final Namespace SPACE = Namespace.create(SharedKaraf.class);

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == KarafServer.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return Shared.of(store(context), KarafServer.class, SharedKaraf::unpacked);
    }

    private static KarafServer unpacked() {
        try {
            return new KarafServer(Built.distribution());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException, InterruptedException {
        KarafServer server = store(context).get(KarafServer.class, KarafServer.class);
        boolean empty = false;
        try {
            if (server != null) {
                server.removeVms();
                server.manageNothing();
                empty = true;
            }
        } finally {
            if (server != null && !empty) {
                store(context).remove(KarafServer.class);
                server.close();
            }
        }
    }

    private static Store store(ExtensionContext context) {
        return context.getRoot().getStore(SPACE);
    }
}
