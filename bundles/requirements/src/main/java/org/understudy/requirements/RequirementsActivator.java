// SPDX-License-Identifier: Apache-2.0
package org.understudy.requirements;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.karaf.features.FeaturesService;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceReference;
import org.osgi.util.tracker.ServiceTracker;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Refuses to start in a server that cannot run Understudy, so that Karaf installs nothing else. */
public final class RequirementsActivator implements BundleActivator {
    private static final Logger log = LoggerFactory.getLogger(RequirementsActivator.class);
    private static final long SERVICE_LIMIT_MS = 60_000;

    @Override
    public void start(BundleContext context) throws BundleException, IOException {
        String version = context.getBundle().getHeaders().get("Understudy-Version");
        InstalledKars kars = new InstalledKars(Path.of(System.getProperty("karaf.data")));
        Optional<String> refusal = new ServerCheck(version, kars)
                .refusal(
                        Runtime.version().feature(),
                        FrameworkUtil.getBundle(FeaturesService.class).getVersion(),
                        Path.of(System.getProperty("karaf.etc")));
        if (refusal.isPresent()) {
            log.error("{}. Nothing was installed.", refusal.get());
            removeAfterDeployment(context, version, kars);
            throw new BundleException(refusal.get());
        }
        inBackground(() -> completeWithService(context, version, kars));
    }

    private static void removeAfterDeployment(BundleContext context, String version, InstalledKars kars) {
        ServiceReference<FeaturesService> reference = context.getServiceReference(FeaturesService.class);
        if (reference != null) {
            // Now, because the context ends with this method.
            Deployment deployment = new Deployment(context.getService(reference), version, kars);
            inBackground(deployment::removeIfNotInstalled);
        }
    }

    private static void completeWithService(BundleContext context, String version, InstalledKars kars)
            throws Exception {
        ServiceTracker<FeaturesService, FeaturesService> tracker =
                new ServiceTracker<>(context, FeaturesService.class, null);
        tracker.open();
        FeaturesService features = tracker.waitForService(SERVICE_LIMIT_MS);
        if (features != null) {
            new Deployment(features, version, kars).complete(context.getBundles());
        }
    }

    private interface Work {
        void run() throws Exception;
    }

    private static void inBackground(Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (Exception e) {
                        log.warn("The installation of Understudy could not be checked", e);
                    }
                },
                "understudy-requirements");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void stop(BundleContext context) {}
}
