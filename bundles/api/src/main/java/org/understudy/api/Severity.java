// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/** How much a finding matters. */
public enum Severity {
    /** What was asked cannot be done, or would break the VM's network; the action is refused. */
    ERROR,
    /** It works, but not as well as the user will expect. */
    WARNING,
    /** Worth knowing; no action needed. */
    NOTICE
}
