// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.SynchronousBundleListener;

/** Runs inside a server, as a bundle of its own ({@link BundleEvents}), and writes what happens to every bundle to a file. */
public final class BundleRecorder implements BundleActivator, SynchronousBundleListener {
    private static final Map<Integer, String> NAMES = Map.of(
            BundleEvent.INSTALLED, "INSTALLED",
            BundleEvent.STARTED, "STARTED",
            BundleEvent.STOPPED, "STOPPED",
            BundleEvent.UNINSTALLED, "UNINSTALLED",
            BundleEvent.UNRESOLVED, "UNRESOLVED",
            BundleEvent.UPDATED, "UPDATED");

    private final Path file = Path.of(System.getProperty("karaf.data"), "bundle-events");

    @Override
    public void start(BundleContext context) {
        context.addBundleListener(this);
        Arrays.stream(context.getBundles()).forEach(bundle -> write("PRESENT", bundle));
    }

    @Override
    public void stop(BundleContext context) {
        context.removeBundleListener(this);
    }

    @Override
    public void bundleChanged(BundleEvent event) {
        String name = NAMES.get(event.getType());
        if (name != null) {
            write(name, event.getBundle());
        }
    }

    private synchronized void write(String event, Bundle bundle) {
        try {
            Files.writeString(
                    file,
                    event + " " + bundle.getBundleId() + " " + bundle.getSymbolicName() + "\n",
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
