// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;
import java.util.Optional;

/**
 * A part of the entries that a query matches.
 *
 * @param entries in the order of the query
 * @param next the cursor of the next page; empty on the last page
 */
public record HistoryPage(List<HistoryEntry> entries, Optional<String> next) {}
