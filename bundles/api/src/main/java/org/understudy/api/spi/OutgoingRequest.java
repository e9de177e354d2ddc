// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import org.understudy.api.MigrationId;
import org.understudy.api.MigrationOptions;
import org.understudy.api.VmName;

/** What a source has to send. */
public record OutgoingRequest(MigrationId id, VmName vm, String uri, MigrationOptions options) {}
