// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;

/** The addresses at which the HTTP service of the framework listens, such as {@code http://127.0.0.1:8181/}. */
final class HttpEndpoints {
    /** By its name, because the HTTP service need not have it. */
    private static final String RUNTIME = "org.osgi.service.http.runtime.HttpServiceRuntime";

    /** Source: HttpServiceRuntimeConstants of the OSGi HTTP Whiteboard specification. */
    private static final String ENDPOINT = "osgi.http.endpoint";

    private HttpEndpoints() {}

    static Stream<String> of(BundleContext bundles) {
        try {
            return Optional.ofNullable(bundles.getAllServiceReferences(RUNTIME, null)).stream()
                    .flatMap(Arrays::stream)
                    .flatMap(runtime -> texts(runtime.getProperty(ENDPOINT)));
        } catch (InvalidSyntaxException e) {
            throw new IllegalStateException("There is no filter", e);
        }
    }

    private static Stream<String> texts(Object property) {
        return property instanceof String[] several ? Arrays.stream(several) : Stream.of(String.valueOf(property));
    }
}
