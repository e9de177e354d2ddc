// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.spi.ServerCheck;
import org.understudy.web.access.ClientNetwork;

/** States where the console is, and reports an HTTP server that receives passwords in plain text from other machines. */
@Component
public final class PlainTextListeners implements ServerCheck {
    /** By its name, because the HTTP service need not have it. */
    private static final String RUNTIME = "org.osgi.service.http.runtime.HttpServiceRuntime";

    /** Source: HttpServiceRuntimeConstants of the OSGi HTTP Whiteboard specification. */
    private static final String ENDPOINT = "osgi.http.endpoint";

    /** Not a URI: Pax Web writes an IPv6 address without brackets. */
    private static final Pattern PLAIN = Pattern.compile("http://(.+?)(:\\d+)?/?");

    private final BundleContext bundles;

    @Activate
    public PlainTextListeners(BundleContext bundles) {
        this.bundles = bundles;
    }

    @Override
    public List<Finding> findings() {
        List<String> endpoints = endpoints().toList();
        return Stream.concat(findings(endpoints.stream()).stream(), places(endpoints.stream()))
                .toList();
    }

    private Stream<String> endpoints() {
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

    private static Stream<Finding> places(Stream<String> endpoints) {
        return endpoints
                .filter(endpoint -> endpoint.startsWith("http"))
                .map(endpoint -> endpoint.replaceFirst("/*$", ConsoleContext.PATH))
                .map(console -> Finding.of(FindingCode.HEALTHY, "console", "Console and REST are at " + console, ""));
    }

    /** @param endpoints addresses of the HTTP service, such as {@code http://0.0.0.0:8181/} */
    static List<Finding> findings(Stream<String> endpoints) {
        return endpoints
                .filter(PlainTextListeners::isOpen)
                .map(endpoint -> Finding.of(
                        FindingCode.PLAIN_TEXT_LISTENER,
                        "HTTP server " + endpoint,
                        "HTTP server " + endpoint
                                + " receives passwords and sessions in plain text from other machines",
                        "Set org.ops4j.pax.web.listening.addresses = 127.0.0.1 in etc/org.ops4j.pax.web.cfg and use a TLS"
                                + " proxy, or set up TLS there (docs/security.md)."))
                .toList();
    }

    private static boolean isOpen(String endpoint) {
        Matcher plain = PLAIN.matcher(endpoint);
        return plain.matches()
                && !plain.group(1).equals("localhost")
                && !ClientNetwork.of(plain.group(1)).isLoopback();
    }
}
