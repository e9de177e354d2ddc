// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/** Marks a test that a defect of QEMU's emulation can fail, and that may therefore be repeated once: docs/testing.md. */
@Tag("tcg-flaky")
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
public @interface TcgFlaky {
    /** The defect. */
    String value();
}
