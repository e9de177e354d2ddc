// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.qmp;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;

/**
 * Something QEMU said unasked.
 *
 * @param name such as {@code DEVICE_DELETED}; {@link QmpCommands} lists those Understudy knows
 * @param at QEMU's own time stamp; the time of arrival where QEMU gave none
 * @param data the event's members; an empty object if it has none
 */
public record QmpEvent(String name, Instant at, JsonNode data) {}
