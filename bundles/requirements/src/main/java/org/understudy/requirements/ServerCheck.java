// SPDX-License-Identifier: Apache-2.0
package org.understudy.requirements;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.osgi.framework.Version;
import org.osgi.framework.VersionRange;

/** What a server must have before Understudy is installed in it. */
final class ServerCheck {
    static final int OLDEST_JAVA = 17;
    static final VersionRange KARAFS = new VersionRange("[4.4.6,4.5)");

    private final String understudy;
    private final InstalledKars kars;

    ServerCheck(String understudy, InstalledKars kars) {
        this.understudy = understudy;
        this.kars = kars;
    }

    /** Why this version cannot be installed; empty if it can. */
    Optional<String> refusal(int java, Version karaf, Path etc) throws IOException {
        if (java < OLDEST_JAVA) {
            return Optional.of("Understudy " + understudy + " needs Java " + OLDEST_JAVA
                    + " or newer; this server runs Java " + java);
        }
        if (!KARAFS.includes(new Version(karaf.getMajor(), karaf.getMinor(), karaf.getMicro()))) {
            return Optional.of(
                    "Understudy " + understudy + " needs Karaf 4.4.6 or a newer 4.4; this server is Karaf " + karaf);
        }
        if (!Files.isWritable(etc)) {
            return Optional.of("Understudy " + understudy + " stores its configuration in " + etc + ", which user "
                    + System.getProperty("user.name") + " cannot write");
        }
        return kars.ofAnotherVersion(understudy)
                .map(kar -> "Understudy " + kar.version() + " is installed by the KAR " + kar.name()
                        + ": remove that KAR, or replace its file by the one of Understudy " + understudy);
    }
}
