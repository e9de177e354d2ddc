// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import org.understudy.api.Finding;
import org.understudy.api.HostName;
import org.understudy.api.spi.VfPools;
import org.understudy.core.probe.GapProbes;

/**
 * What every run works with.
 *
 * @param linter judges a definition by the facts of a host
 * @param pools empty where no service hands out VFs
 * @param probes empty where nothing can measure
 */
record Surroundings(
        Definitions definitions,
        BiFunction<String, HostName, List<Finding>> linter,
        Optional<VfPools> pools,
        Optional<GapProbes> probes,
        Guard guard,
        Journal journal,
        Tempo tempo,
        Clock clock) {}
