// SPDX-License-Identifier: Apache-2.0
package org.understudy.requirements;

import java.net.URI;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.karaf.features.BundleInfo;
import org.apache.karaf.features.Feature;
import org.apache.karaf.features.FeaturesService;
import org.apache.karaf.features.FeaturesService.Option;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Completes or removes what Karaf leaves half done: after a failure it lists the KAR although nothing was installed, and if its
 * process ended during an installation, it starts no bundle that was not started before.
 */
final class Deployment {
    private static final Logger log = LoggerFactory.getLogger(Deployment.class);

    private static final String FEATURE = "understudy";
    private static final String REQUIREMENTS = "understudy-requirements";

    private final FeaturesService features;
    private final String version;
    private final InstalledKars kars;

    Deployment(FeaturesService features, String version, InstalledKars kars) {
        this.features = features;
        this.version = version;
        this.kars = kars;
    }

    /** After a permitted start. */
    void complete(Bundle[] bundles) throws Exception {
        if (!installed()) {
            awaitRunningDeployment();
        }
        if (!installed()) {
            try {
                features.installFeature(FEATURE, version);
            } catch (Exception e) {
                log.error("Understudy {} was not installed in this server: {}", version, e.getMessage());
                remove();
                return;
            }
        }
        startBundles(bundles);
    }

    /** After a refusal; a server whose Java was changed later keeps what is installed. */
    void removeIfNotInstalled() throws Exception {
        awaitRunningDeployment();
        if (!installed()) {
            remove();
        }
    }

    private boolean installed() throws Exception {
        return Stream.of(features.listInstalledFeatures())
                .anyMatch(feature -> feature.getName().equals(FEATURE)
                        && feature.getVersion().equals(version));
    }

    /** Karaf makes one deployment after the other: this one, which changes nothing, ends after the running one. */
    private void awaitRunningDeployment() throws Exception {
        features.installFeatures(Set.of(), EnumSet.of(Option.Simulate));
    }

    private void remove() throws Exception {
        kars.remove(version);
        features.removeRepository(URI.create(InstalledKars.repository(version)));
        // Last, because it ends this bundle.
        features.uninstallFeature(REQUIREMENTS, version);
    }

    private void startBundles(Bundle[] bundles) throws Exception {
        Set<String> locations = Stream.of(features.listInstalledFeatures())
                .filter(feature -> feature.getName().startsWith(FEATURE))
                .map(Feature::getBundles)
                .flatMap(infos -> infos.stream().map(BundleInfo::getLocation))
                .collect(Collectors.toSet());
        Arrays.stream(bundles)
                .filter(bundle -> locations.contains(bundle.getLocation()))
                .filter(bundle -> bundle.getState() == Bundle.INSTALLED || bundle.getState() == Bundle.RESOLVED)
                .filter(bundle -> bundle.getHeaders().get(Constants.FRAGMENT_HOST) == null)
                .forEach(this::start);
    }

    private void start(Bundle bundle) {
        try {
            bundle.start();
        } catch (BundleException e) {
            log.warn("Bundle {} did not start", bundle.getSymbolicName(), e);
        }
    }
}
