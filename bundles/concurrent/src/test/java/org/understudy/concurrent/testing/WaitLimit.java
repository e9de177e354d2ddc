// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent.testing;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The limit for a wait for a condition in the tests of all bundles. A wait ends with its condition, so that only a test that
 * fails takes this long; a machine under load must not end it earlier. Registered in {@code META-INF/services}.
 */
public final class WaitLimit implements BeforeAllCallback {
    private static final Duration LIMIT = Duration.ofMinutes(1);

    @Override
    public void beforeAll(ExtensionContext context) {
        Awaitility.setDefaultTimeout(LIMIT);
    }
}
