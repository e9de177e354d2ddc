// SPDX-License-Identifier: Apache-2.0
package org.understudy.requirements;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.inOrder;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Hashtable;
import java.util.List;
import org.apache.karaf.features.BundleInfo;
import org.apache.karaf.features.Feature;
import org.apache.karaf.features.FeaturesService;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mockito.InOrder;
import org.osgi.framework.Bundle;

class DeploymentTest {
    private static final String REPOSITORY = "mvn:org.understudy/understudy-features/0.2.0/xml/features";

    @TempDir
    private Path data;

    private final FeaturesService features = mock(FeaturesService.class);
    private Path kar;
    private Deployment deployment;

    @BeforeEach
    void extractKar() throws IOException {
        kar = Files.createDirectories(data.resolve("kar/understudy"));
        Files.writeString(kar.resolve("features.cfg"), REPOSITORY + "\n");
        Files.createDirectories(kar.resolve("repository/org"));
        deployment = new Deployment(features, "0.2.0", new InstalledKars(data));
    }

    private static Feature feature() {
        BundleInfo info = mock(BundleInfo.class);
        when(info.getLocation()).thenReturn("mvn:org.understudy/org.understudy.core/0.2.0");
        Feature feature = mock(Feature.class);
        when(feature.getName()).thenReturn("understudy");
        when(feature.getVersion()).thenReturn("0.2.0");
        when(feature.getBundles()).thenReturn(List.of(info));
        return feature;
    }

    private static Bundle bundle(String location, int state) {
        Bundle bundle = mock(Bundle.class);
        when(bundle.getLocation()).thenReturn(location);
        when(bundle.getState()).thenReturn(state);
        when(bundle.getHeaders()).thenReturn(new Hashtable<>());
        return bundle;
    }

    private void install(Feature... installed) throws Exception {
        when(features.listInstalledFeatures()).thenReturn(installed);
    }

    @Test
    void removesTheKarAndEverythingAboutItAfterARefusal() throws Exception {
        install();

        deployment.removeIfNotInstalled();

        assertThat(kar).doesNotExist();
        InOrder order = inOrder(features);
        order.verify(features).removeRepository(URI.create(REPOSITORY));
        order.verify(features).uninstallFeature("understudy-requirements", "0.2.0");
    }

    @Test
    void keepsAnInstalledUnderstudyIfTheServerDoesNotMeetTheRequirementsAnyMore() throws Exception {
        install(feature());

        deployment.removeIfNotInstalled();

        assertThat(kar).exists();
        verify(features, never()).removeRepository(any());
    }

    @Test
    void startsTheBundlesThatAnInterruptedInstallationLeft() throws Exception {
        install(feature());
        Bundle left = bundle("mvn:org.understudy/org.understudy.core/0.2.0", Bundle.RESOLVED);
        Bundle other = bundle("mvn:com.example/other/1.0", Bundle.RESOLVED);

        deployment.complete(new Bundle[] {left, other});

        verify(left).start();
        verify(other, never()).start();
    }

    @Test
    void installsTheFeatureIfTheProcessEndedBeforeKarafDid() throws Exception {
        install();
        doAnswer(call -> {
                    install(feature());
                    return null;
                })
                .when(features)
                .installFeature("understudy", "0.2.0");

        deployment.complete(new Bundle[0]);

        verify(features).installFeature("understudy", "0.2.0");
        assertThat(kar).exists();
    }

    @Test
    void removesAKarWhoseFeatureCannotBeInstalled() throws Exception {
        install();
        doThrow(new IllegalStateException("missing requirement")).when(features).installFeature("understudy", "0.2.0");

        deployment.complete(new Bundle[0]);

        assertThat(kar).doesNotExist();
        verify(features).uninstallFeature("understudy-requirements", "0.2.0");
    }
}
