// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import java.io.IOException;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.understudy.itests.Shared;

/**
 * Passes to {@code @BeforeAll} the lab of two SR-IOV hosts, with its server, that all classes of a run share. After each class it
 * is as before, or the class fails, and the next one gets a new lab.
 */
final class SharedLab implements ParameterResolver, AfterAllCallback {
    private static final Namespace SPACE = Namespace.create(SharedLab.class);

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == LabServer.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return Shared.of(store(context), LabServer.class, LabServer::start);
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException, InterruptedException {
        LabServer lab = store(context).get(LabServer.class, LabServer.class);
        boolean asBefore = false;
        try {
            if (lab != null && !lab.lab.hasLostPower()) {
                lab.requireAsBefore(context.getRequiredTestClass());
                asBefore = true;
            }
        } finally {
            if (lab != null && !asBefore) {
                store(context).remove(LabServer.class);
                lab.close();
            }
        }
    }

    private static Store store(ExtensionContext context) {
        return context.getRoot().getStore(SPACE);
    }
}
