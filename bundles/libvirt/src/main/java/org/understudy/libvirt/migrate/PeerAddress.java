// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.migrate;

import java.util.Optional;
import org.understudy.libvirt.connect.LibvirtSettings;

/**
 * Address of a destination: the URI of its libvirt and, after {@code #}, that of QEMU's data unless libvirt chooses it.
 */
record PeerAddress(String libvirt, Optional<String> data) {

    static PeerAddress of(LibvirtSettings settings) {
        return new PeerAddress(settings.peerUri(), settings.migrationUri());
    }

    static PeerAddress parse(String text) {
        int mark = text.indexOf('#');
        return mark < 0
                ? new PeerAddress(text, Optional.empty())
                : new PeerAddress(text.substring(0, mark), Optional.of(text.substring(mark + 1)));
    }

    @Override
    public String toString() {
        return libvirt + data.map(d -> "#" + d).orElse("");
    }
}
