// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/** How much a finding matters. */
public enum Severity {
    /** The operation is impossible, or would break the VM's network, and is refused. */
    ERROR,
    /** The operation works, but with a limitation. */
    WARNING,
    /** For information; no action is needed. */
    NOTICE
}
