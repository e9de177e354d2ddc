// SPDX-License-Identifier: Apache-2.0
package org.understudy.web.access;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HexFormat;

/** The addresses that one client can choose from, so that failed logins from them count together. */
public record ClientNetwork(String name) {
    private static final ClientNetwork LOOPBACK = new ClientNetwork("loopback");

    /** Bytes of an IPv6 address that a provider assigns to one customer. */
    private static final int PREFIX = 8;

    boolean isLoopback() {
        return equals(LOOPBACK);
    }

    /** @param address of a client, as a number; any other text is a network of its own */
    public static ClientNetwork of(String address) {
        String number = address.replaceAll("[\\[\\]]|%.*", "");
        // Any other text would be looked up in the DNS.
        if (!number.matches("[0-9.]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*")) {
            return new ClientNetwork(address);
        }
        try {
            InetAddress parsed = InetAddress.getByName(number);
            if (parsed.isLoopbackAddress()) {
                return LOOPBACK;
            }
            return new ClientNetwork(
                    parsed instanceof Inet6Address
                            ? HexFormat.of().formatHex(parsed.getAddress(), 0, PREFIX)
                            : parsed.getHostAddress());
        } catch (UnknownHostException e) {
            return new ClientNetwork(address);
        }
    }
}
