// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;

/**
 * What switching a pair on or off did.
 *
 * @param changed whether the configured definition is another one now
 * @param effect when the change reaches the guest
 * @param findings what was noticed; with an ERROR nothing was changed
 * @param definition the domain XML after the change, or the unchanged one
 */
public record PairChange(boolean changed, Effect effect, List<Finding> findings, String definition) {
    /** When a change reaches the guest. */
    public enum Effect {
        /** Nothing changed. */
        NONE,
        /** The VM runs, and was told: the guest is asked for its primary, or gets one. */
        AT_ONCE,
        /** The VM is off: with its next start. */
        AT_NEXT_START,
        /** The VM runs: it must be shut down and started again. */
        AFTER_RESTART
    }
}
