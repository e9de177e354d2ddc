// SPDX-License-Identifier: Apache-2.0
package org.understudy.peer;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostConnector;

/**
 * Opens hosts of another server. Options: {@code url} of its Understudy, {@code host} (its name on that server; default:
 * the same), {@code user}, {@code password-file}.
 */
@Component
public final class PeerConnector implements HostConnector {
    private static final Set<String> OPTIONS = Set.of("url", "host", "user", "password-file");

    private final PeerProtocol protocol;

    @Activate
    public PeerConnector() {
        this(PeerProtocol.CURRENT);
    }

    PeerConnector(PeerProtocol protocol) {
        this.protocol = protocol;
    }

    @Override
    public String kind() {
        return "peer";
    }

    @Override
    public void check(HostPolicy policy) {
        open(policy).close();
    }

    @Override
    public Host open(HostPolicy policy) {
        Map<String, String> options = policy.options();
        Set<String> unknown = new TreeSet<>(options.keySet());
        unknown.removeAll(OPTIONS);
        if (!unknown.isEmpty()) {
            throw invalid(policy, "unknown options " + unknown + "; known are " + new TreeSet<>(OPTIONS));
        }
        HostName there = new HostName(options.getOrDefault("host", policy.name().value()));
        PeerLink link = new PeerLink(
                protocol,
                url(policy),
                there,
                required(policy, "user"),
                password(policy, required(policy, "password-file")));
        return PeerHost.open(policy.name(), link);
    }

    private static URI url(HostPolicy policy) {
        String text = required(policy, "url");
        try {
            URI url = URI.create(text.endsWith("/") ? text : text + "/");
            if ("https".equals(url.getScheme()) || "http".equals(url.getScheme())) {
                return url;
            }
        } catch (IllegalArgumentException e) {
            throw invalid(policy, "url '" + text + "' is not a URL: " + e.getMessage());
        }
        throw invalid(policy, "url '" + text + "' must start with https:// or http://");
    }

    private static String password(HostPolicy policy, String file) {
        try {
            return Files.readString(Path.of(file)).strip();
        } catch (IOException e) {
            throw invalid(policy, "password-file '" + file + "' cannot be read: " + e.getMessage());
        }
    }

    private static String required(HostPolicy policy, String option) {
        String value = policy.options().get(option);
        if (value == null || value.isBlank()) {
            throw invalid(policy, "option '" + option + "' is missing");
        }
        return value;
    }

    private static UnderstudyException invalid(HostPolicy policy, String problem) {
        return new UnderstudyException(ErrorCode.CONFIGURATION_INVALID, "Host " + policy.name() + ": " + problem);
    }
}
