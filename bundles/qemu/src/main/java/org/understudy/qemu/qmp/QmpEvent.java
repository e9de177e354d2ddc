// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.qmp;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;

/**
 * An asynchronous event of QEMU.
 *
 * @param name such as {@code DEVICE_DELETED}; {@link QmpEvents} lists the events in use
 * @param at the timestamp of QEMU; the time of arrival if QEMU sent none
 * @param data the event's members; an empty object if it has none
 */
public record QmpEvent(String name, Instant at, JsonNode data) {}
