// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import java.util.Optional;
import org.understudy.api.MacAddress;

/**
 * A network device in a guest. Source: the guest agent's guest-network-get-interfaces.
 *
 * @param name its name in the guest, such as {@code eth0}
 * @param mac empty for one without, such as a tunnel
 */
public record GuestNic(String name, Optional<MacAddress> mac) {}
