// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;

/**
 * What switching a pair on or off did.
 *
 * @param changed whether the configured definition was changed
 * @param effect when the change reaches the guest
 * @param findings the results of the checks; with an ERROR nothing was changed
 * @param definition the domain XML after the change, or the unchanged one
 */
public record PairChange(boolean changed, Effect effect, List<Finding> findings, String definition) {
    /** When a change reaches the guest. */
    public enum Effect {
        /** Nothing changed. */
        NONE,
        /** The VM runs and is changed: its primary is being unplugged, or was plugged. */
        AT_ONCE,
        /** The VM is off: at its next start. */
        AT_NEXT_START,
        /** The VM runs: it must be shut down and started again. */
        AFTER_RESTART
    }
}
