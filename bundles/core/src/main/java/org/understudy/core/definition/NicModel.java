// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition;

import java.util.Set;
import org.understudy.api.xml.XmlElement;

/** The models of emulated NICs. */
public final class NicModel {
    /** Source: formatdomain, the three names of virtio-net in libvirt. */
    private static final Set<String> VIRTIO = Set.of("virtio", "virtio-transitional", "virtio-non-transitional");

    private NicModel() {}

    /** Whether the model of a NIC is virtio, which is the only one that can be a standby NIC. vDPA has no other one. */
    public static boolean isVirtio(XmlElement nic) {
        return nic.childAttribute("model", "type")
                .map(VIRTIO::contains)
                .orElseGet(() -> nic.attributeOr("type", "").equals("vdpa"));
    }
}
