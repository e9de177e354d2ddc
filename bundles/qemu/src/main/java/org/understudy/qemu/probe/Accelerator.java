// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.probe;

import java.util.Optional;
import org.understudy.api.Finding;

/**
 * The accelerator that runs guest code.
 *
 * @param name {@code kvm} or {@code tcg}
 * @param fallback why KVM is not used; empty for KVM
 */
public record Accelerator(String name, Optional<Finding> fallback) {
    public static final String KVM = "kvm";
    public static final String TCG = "tcg";

    static Accelerator kvm() {
        return new Accelerator(KVM, Optional.empty());
    }

    static Accelerator tcg(Finding why) {
        return new Accelerator(TCG, Optional.of(why));
    }
}
