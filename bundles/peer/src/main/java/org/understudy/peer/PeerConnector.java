// SPDX-License-Identifier: Apache-2.0
package org.understudy.peer;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.regex.Pattern;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostConnector;
import org.understudy.concurrent.HostExecutor;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.SystemScheduler;

/**
 * Opens hosts of another server. Options: {@code url} of its Understudy, {@code host} (its name on that server; default:
 * the same), {@code user}, {@code password-file}. Without TLS, no password is sent to another machine.
 */
@Component
public final class PeerConnector implements HostConnector {
    private static final Set<String> OPTIONS = Set.of("url", "host", "user", "password-file");
    private static final Pattern ADDRESS = Pattern.compile("\\d+(\\.\\d+){3}|\\[[0-9A-Fa-f:.]+]");

    private final PeerProtocol protocol;
    private final ExecutorService httpThreads;
    private final HttpClient client;
    private final HostExecutor events;

    @Activate
    public PeerConnector() {
        this(PeerProtocol.CURRENT, SystemScheduler.process());
    }

    PeerConnector(PeerProtocol protocol, Scheduler scheduler) {
        this.protocol = protocol;
        httpThreads = scheduler.pool("understudy-peer-http");
        client = PeerLink.client(httpThreads);
        events = new HostExecutor("understudy-peer", scheduler);
    }

    @Deactivate
    void deactivate() {
        events.close();
        httpThreads.shutdown();
    }

    @Override
    public String kind() {
        return "peer";
    }

    @Override
    public Host open(HostPolicy policy) {
        return PeerHost.open(policy.name(), link(policy), events);
    }

    @Override
    public void check(HostPolicy policy) {
        open(policy).close();
    }

    private PeerLink link(HostPolicy policy) {
        Map<String, String> options = policy.options();
        Set<String> unknown = new TreeSet<>(options.keySet());
        unknown.removeAll(OPTIONS);
        if (!unknown.isEmpty()) {
            throw invalid(policy, "unknown options " + unknown + "; known are " + new TreeSet<>(OPTIONS));
        }
        HostName there = new HostName(options.getOrDefault("host", policy.name().value()));
        return new PeerLink(
                client,
                protocol,
                url(policy),
                there,
                required(policy, "user"),
                password(policy, required(policy, "password-file")));
    }

    private static URI url(HostPolicy policy) {
        String text = required(policy, "url");
        try {
            URI url = URI.create(text.endsWith("/") ? text : text + "/");
            if (url.getHost() == null) {
                throw invalid(policy, "url '" + text + "' has no valid host name");
            }
            if ("https".equals(url.getScheme()) || "http".equals(url.getScheme()) && isLoopback(url.getHost())) {
                return url;
            }
            if ("http".equals(url.getScheme())) {
                throw invalid(
                        policy,
                        "url '" + text + "' would send the password of user '" + required(policy, "user")
                                + "' unencrypted to another machine; use an https:// url, or forward a port of"
                                + " 127.0.0.1 to that server with ssh");
            }
        } catch (IllegalArgumentException e) {
            throw invalid(policy, "url '" + text + "' is not a URL: " + e.getMessage());
        }
        throw invalid(policy, "url '" + text + "' must start with https:// or http://");
    }

    /** Only addresses and {@code localhost}: where any other name leads can change at any time. */
    private static boolean isLoopback(String host) {
        if (!host.equalsIgnoreCase("localhost") && !ADDRESS.matcher(host).matches()) {
            return false;
        }
        try {
            return Arrays.stream(InetAddress.getAllByName(host)).allMatch(InetAddress::isLoopbackAddress);
        } catch (UnknownHostException e) {
            return false;
        }
    }

    private static String password(HostPolicy policy, String file) {
        try {
            Set<PosixFilePermission> mode = Files.getPosixFilePermissions(Path.of(file));
            if (mode.contains(PosixFilePermission.OTHERS_READ) || mode.contains(PosixFilePermission.OTHERS_WRITE)) {
                throw invalid(
                        policy,
                        "password-file '" + file + "' has mode " + PosixFilePermissions.toString(mode)
                                + ", so that other users can read or change it; run chmod 600 " + file);
            }
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
