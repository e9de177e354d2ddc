// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.backend;

import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether libusvf could be loaded into this process.
 *
 * @param obstacle why not; empty if it is loaded
 */
public record NativeLibrary(Optional<String> obstacle) {
    private static final Logger LOG = LoggerFactory.getLogger(NativeLibrary.class);
    private static final NativeLibrary LOADED = load();

    /** The library of this bundle, which is loaded once. */
    public static NativeLibrary instance() {
        return LOADED;
    }

    private static NativeLibrary load() {
        try {
            System.loadLibrary("usvfjni");
            return new NativeLibrary(Optional.empty());
        } catch (LinkageError e) {
            LOG.info("SR-IOV functions are not read in process: {}", e.getMessage());
            return new NativeLibrary(Optional.of(String.valueOf(e.getMessage())));
        }
    }

    public boolean isLoaded() {
        return obstacle.isEmpty();
    }
}
