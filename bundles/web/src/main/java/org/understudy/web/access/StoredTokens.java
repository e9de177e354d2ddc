// SPDX-License-Identifier: Apache-2.0
package org.understudy.web.access;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.AccessPolicy;
import org.understudy.api.AccessToken;
import org.understudy.api.AccessTokens;
import org.understudy.api.ErrorCode;
import org.understudy.api.Policies;
import org.understudy.api.Role;
import org.understudy.api.UnderstudyException;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.web.access.TokenFile.Stored;

/** The tokens in the file {@code etc/understudy.tokens.json}. */
@Component(service = {AccessTokens.class, StoredTokens.class})
public final class StoredTokens implements AccessTokens {
    private static final Logger LOG = LoggerFactory.getLogger(StoredTokens.class);

    /** Begins each secret, so that programs that search for published secrets recognize it. */
    private static final String PREFIX = "understudy_";

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}");

    /** A list that a person reads. */
    private static final int MOST = 1000;

    private final Policies policies;
    private final CurrentRoles roles;
    private final TokenFile file;
    private final Scheduler clock;
    private final Map<String, Stored> byHash = new LinkedHashMap<>();
    private Optional<IOException> unreadable = Optional.empty();
    private boolean usesUnsaved;

    @Activate
    public StoredTokens(@Reference Policies policies, @Reference CurrentRoles roles) {
        this(
                policies,
                roles,
                Path.of(System.getProperty("karaf.etc", "etc"), "understudy.tokens.json"),
                SystemScheduler.process());
    }

    StoredTokens(Policies policies, CurrentRoles roles, Path path, Scheduler clock) {
        this.policies = policies;
        this.roles = roles;
        this.file = new TokenFile(path);
        this.clock = clock;
        try {
            file.read().forEach(stored -> byHash.put(stored.hash(), stored));
        } catch (IOException e) {
            LOG.error("File {}: tokens could not be read, none is accepted", path, e);
            unreadable = Optional.of(e);
        }
    }

    /** The times of the last use are for people: a crash may lose them. */
    @Deactivate
    synchronized void deactivate() {
        if (usesUnsaved) {
            try {
                file.write(List.copyOf(byHash.values()));
            } catch (IOException e) {
                LOG.warn("File {}: the last uses of tokens could not be stored", file.path(), e);
            }
        }
    }

    @Override
    public synchronized List<AccessToken> list() {
        dropExpired();
        return byHash.values().stream()
                .map(Stored::token)
                .sorted(Comparator.comparing(AccessToken::created).reversed())
                .toList();
    }

    @Override
    public synchronized Created create(String user, String name, Role role, Duration life) {
        requireRole(user, role);
        dropExpired();
        if (!NAME.matcher(name).matches()) {
            throw invalid("Token name '" + name
                    + "' must be 1 to 64 letters, digits, '.', '-' or '_' and not start with '.' or '-'");
        } else if (life.isNegative() || life.isZero() || life.compareTo(LONGEST) > 0) {
            throw invalid("The life of a token must be more than 0 and at most " + LONGEST.toDays() + " days");
        } else if (byHash.size() >= MOST) {
            throw invalid("The server has " + MOST + " tokens, the most that are possible");
        } else if (byHash.values().stream()
                .map(Stored::token)
                .anyMatch(known -> known.user().equals(user) && known.name().equals(name))) {
            throw invalid("User '" + user + "' has a token '" + name + "'");
        }
        Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
        AccessToken token =
                new AccessToken(UUID.randomUUID().toString(), name, user, role, now, now.plus(life), Optional.empty());
        String secret = PREFIX + Secret.random();
        Stored stored = new Stored(token, Secret.hash(secret));
        List<Stored> all = new ArrayList<>(byHash.values());
        all.add(stored);
        write(all);
        byHash.put(stored.hash(), stored);
        return new Created(token, secret);
    }

    /** The local console of Karaf has all roles, but its user need not be one of the realm: the token would never work. */
    private void requireRole(String user, Role role) {
        AccessPolicy access = policies.current().access();
        if (!roles.permit(access, user, role)) {
            throw new UnderstudyException(
                    ErrorCode.ROLE_MISSING,
                    "User '%s' does not have the role '%s' in the realm '%s', so a token of this user would not work"
                            .formatted(user, role.name().toLowerCase(Locale.ROOT), access.realm()));
        }
    }

    @Override
    public synchronized void revoke(String id) {
        Stored revoked = byHash.values().stream()
                .filter(stored -> stored.token().id().equals(id))
                .findFirst()
                .orElseThrow(
                        () -> new UnderstudyException(ErrorCode.TOKEN_NOT_FOUND, "Token '" + id + "' does not exist"));
        // First in memory: a full disk must not keep a stolen token alive.
        byHash.remove(revoked.hash());
        write(List.copyOf(byHash.values()));
    }

    /** The token with a secret, which counts as used now; empty if it is wrong, revoked or expired. */
    synchronized Optional<AccessToken> use(String secret) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MINUTES);
        Optional<Stored> found = Optional.ofNullable(byHash.get(Secret.hash(secret)))
                .filter(stored -> stored.token().expires().isAfter(clock.instant()));
        found.map(Stored::token)
                .filter(token -> !token.lastUsed().equals(Optional.of(now)))
                .ifPresent(token -> {
                    byHash.put(
                            found.get().hash(),
                            new Stored(usedAt(token, now), found.get().hash()));
                    usesUnsaved = true;
                });
        return found.map(Stored::token);
    }

    /** Whether the token is neither revoked nor expired. */
    synchronized boolean isValid(String id) {
        return byHash.values().stream()
                .map(Stored::token)
                .anyMatch(token -> token.id().equals(id) && token.expires().isAfter(clock.instant()));
    }

    private static AccessToken usedAt(AccessToken token, Instant time) {
        return new AccessToken(
                token.id(),
                token.name(),
                token.user(),
                token.role(),
                token.created(),
                token.expires(),
                Optional.of(time));
    }

    private void dropExpired() {
        byHash.values().removeIf(stored -> !stored.token().expires().isAfter(clock.instant()));
    }

    private void write(List<Stored> tokens) {
        try {
            if (unreadable.isPresent()) {
                // Writing would remove what an admin can still repair.
                throw unreadable.get();
            }
            file.write(tokens);
            usesUnsaved = false;
        } catch (IOException e) {
            throw new UnderstudyException(
                    ErrorCode.IO_FAILED, "File " + file.path() + " could not be written: " + e.getMessage(), e);
        }
    }

    private static UnderstudyException invalid(String message) {
        return new UnderstudyException(ErrorCode.INVALID_ARGUMENT, message);
    }
}
