// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.understudy.api.spi.HostFacts.Version;

class SandboxTest {
    private static final Version OLD = new Version(7, 2, 0);
    private static final Version NEW = new Version(9, 1, 0);
    private static final Optional<String> ALL = Optional.empty();
    private static final Optional<SystemUser> USER = Optional.of(new SystemUser("nobody", "65534"));

    @Test
    void changesUserBeforeStartAndAppliesAllFilters() {
        Sandbox sandbox = new Sandbox(USER, false, false, ALL);
        assertThat(sandbox.prefix())
                .startsWith("setsid", "setpriv", "--reuid", "nobody", "--regid", "65534")
                .contains("--no-new-privs");
        assertThat(sandbox.options(OLD))
                .containsExactly("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
    }

    @Test
    void letsQemuDropPrivilegesAfterRunningTheBridgeHelper() {
        assumeTrue(Sandbox.isRoot(), "only for root");
        Sandbox sandbox = new Sandbox(USER, true, false, ALL);
        assertThat(sandbox.prefix()).containsExactly("setsid");
        assertThat(sandbox.options(OLD))
                .containsExactly("-sandbox", "on,obsolete=deny,resourcecontrol=deny", "-runas", "nobody");
        assertThat(sandbox.options(NEW)).containsSubsequence(List.of("-run-with", "user=nobody"));
    }

    @Test
    void raisesMemlockLimitForPassedThroughDevice() {
        assumeTrue(Sandbox.isRoot(), "only for root");
        assertThat(new Sandbox(USER, true, true, ALL).prefix())
                .containsExactly("prlimit", "--memlock=unlimited:unlimited", "--", "setsid");
    }

    @Test
    void isDisabledOnlyForBridgeWhenServerIsNotRoot() {
        assertThat(new Sandbox(Optional.empty(), true, false, ALL).isDisabled()).isEqualTo(!Sandbox.isRoot());
        assertThat(new Sandbox(Optional.empty(), false, false, ALL).isDisabled())
                .isFalse();
    }

    @Test
    void runsOnTheCpusOfTheDefinition() {
        assertThat(new Sandbox(Optional.empty(), false, false, Optional.of("0,1,8")).prefix())
                .containsExactly("taskset", "-c", "0,1,8", "setsid");
    }
}
