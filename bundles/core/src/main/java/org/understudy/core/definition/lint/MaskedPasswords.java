// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import java.util.List;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.xml.Passwords;

/**
 * Finds a definition that was printed without its passwords. It is no linter rule, because a VM whose password already is the
 * mask can run and migrate.
 */
public final class MaskedPasswords {
    private MaskedPasswords() {}

    /** An error for each password that the definition would set to the mask. */
    public static List<Finding> of(String definition) {
        return Passwords.maskedPaths(definition).stream()
                .map(
                        path -> Finding.of(
                                FindingCode.PASSWORD_MASKED,
                                path,
                                path + " is '" + Passwords.MASK + "', with which passwords are masked in output",
                                "Set the password, which understudy:vm-dump --security-info and GET /vms/VM/definition return."))
                .toList();
    }
}
