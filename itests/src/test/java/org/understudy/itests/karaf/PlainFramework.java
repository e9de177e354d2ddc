// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.osgi.framework.Bundle;
import org.osgi.framework.Constants;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;

/** A process of its own: the framework of the class path, with the bundles of a folder, as in the launcher of docs/servers.md. */
public final class PlainFramework {
    private PlainFramework() {}

    /** @param arguments the folder of the framework, and that of the bundles */
    public static void main(String[] arguments) throws Exception {
        Framework framework = ServiceLoader.load(FrameworkFactory.class)
                .findFirst()
                .orElseThrow()
                .newFramework(Map.of(
                        Constants.FRAMEWORK_STORAGE,
                        arguments[0],
                        // The login module of the test is on the class path.
                        Constants.FRAMEWORK_BUNDLE_PARENT,
                        Constants.FRAMEWORK_BUNDLE_PARENT_APP,
                        Constants.FRAMEWORK_BOOTDELEGATION,
                        "org.understudy.itests.*"));
        framework.start();
        List<Bundle> bundles = new ArrayList<>();
        try (Stream<Path> jars = Files.list(Path.of(arguments[1]))) {
            for (Path jar : jars.sorted().toList()) {
                bundles.add(
                        framework.getBundleContext().installBundle(jar.toUri().toString()));
            }
        }
        for (Bundle bundle : bundles) {
            if (bundle.getHeaders().get(Constants.FRAGMENT_HOST) == null) {
                bundle.start();
            }
        }
        framework.waitForStop(0);
    }
}
