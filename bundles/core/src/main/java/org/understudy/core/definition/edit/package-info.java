// SPDX-License-Identifier: Apache-2.0
/**
 * Adds failover pairs to domain XML and removes them, by minimal edits.
 *
 * <p>Defines the pair request record (the request, stored in the {@code <metadata>} of the definition) and platform
 * eligibility (the prerequisites of a pair in a document). Called by the pair service, by provisioning and, for the
 * definition on the destination, by the migration. {@link PairEditor} and {@link DestinationDefinition} are safe for use
 * from any thread.
 */
package org.understudy.core.definition.edit;
