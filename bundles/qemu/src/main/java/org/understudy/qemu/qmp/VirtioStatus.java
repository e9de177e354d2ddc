// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.qmp;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * The offered and negotiated features of one virtio device.
 *
 * @param hostFeatures names of the device features that QEMU offers, such as {@code VIRTIO_NET_F_STANDBY}
 * @param guestFeatures names of the device features that the guest driver negotiated; empty without a driver
 */
public record VirtioStatus(Set<String> hostFeatures, Set<String> guestFeatures) {
    /** The feature that makes a NIC the standby of a pair. Source: virtio 1.2, 5.1.3. */
    public static final String STANDBY = "VIRTIO_NET_F_STANDBY";

    /** True if the guest driver has negotiated {@link #STANDBY}. */
    public boolean standbyNegotiated() {
        return guestFeatures.contains(STANDBY);
    }

    /** Source: QAPI VirtioStatus. */
    static VirtioStatus read(JsonNode reply) {
        return new VirtioStatus(features(reply.path("host-features")), features(reply.path("guest-features")));
    }

    /** QEMU writes {@code NAME: explanation}. */
    private static Set<String> features(JsonNode features) {
        return StreamSupport.stream(features.path("dev-features").spliterator(), false)
                .map(f -> f.asText().split(":", 2)[0])
                .collect(Collectors.toUnmodifiableSet());
    }
}
