// SPDX-License-Identifier: Apache-2.0
/**
 * Turns a NIC into a failover pair and back by minimal edits of the domain XML.
 *
 * <p>Owns the words wish (what an admin asked for, kept in the definition's {@code <metadata>}) and ground (what the
 * document must offer for a pair). Called by the pair service and, for the destination's definition, by the migration.
 * All types are immutable and safe for use from any thread.
 */
package org.understudy.core.definition.edit;
