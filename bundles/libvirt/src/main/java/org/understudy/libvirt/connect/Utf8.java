// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import com.sun.jna.Library;
import com.sun.jna.Native;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.libvirt.LibvirtException;

/**
 * The charset of the native calls. libvirt's texts are UTF-8, but JNA converts them by the locale of this process: in the locale C of a
 * service, the names and definitions of VMs would lose every character that is not ASCII.
 */
final class Utf8 {
    private static final String PROPERTY = "jna.encoding";

    private Utf8() {}

    static <T extends Library> T load(String library, Class<T> type) {
        return Native.load(library, type, Map.of(Library.OPTION_STRING_ENCODING, StandardCharsets.UTF_8.name()));
    }

    /** Loads the library of libvirt-java, which takes the charset from a system property. Call before its first use. */
    static synchronized void loadLibvirtJava() throws LibvirtException {
        String former = System.getProperty(PROPERTY);
        System.setProperty(PROPERTY, StandardCharsets.UTF_8.name());
        try {
            org.libvirt.Library.getVersion();
        } finally {
            if (former == null) {
                System.clearProperty(PROPERTY);
            } else {
                System.setProperty(PROPERTY, former);
            }
        }
    }
}
