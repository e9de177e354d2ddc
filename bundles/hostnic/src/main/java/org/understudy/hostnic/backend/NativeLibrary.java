// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.backend;

import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Result of loading libusvf into this process.
 *
 * @param obstacle why loading failed; empty if the library is loaded
 */
public record NativeLibrary(Optional<String> obstacle) {
    private static final Logger LOG = LoggerFactory.getLogger(NativeLibrary.class);
    private static final NativeLibrary LOADED = load();

    /** Returns the library of this bundle, which is loaded once. */
    public static NativeLibrary instance() {
        return LOADED;
    }

    private static NativeLibrary load() {
        try {
            System.loadLibrary("usvfjni");
            return new NativeLibrary(Optional.empty());
        } catch (LinkageError e) {
            LOG.info("Native library usvfjni is not available, using understudy-vf: {}", e.getMessage());
            return new NativeLibrary(Optional.of(String.valueOf(e.getMessage())));
        }
    }

    public boolean isLoaded() {
        return obstacle.isEmpty();
    }
}
