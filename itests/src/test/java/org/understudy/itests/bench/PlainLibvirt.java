// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.bench;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;

/** Plain libvirt calls. */
final class PlainLibvirt {
    private static final Calls CALLS = Native.load("virt", Calls.class);
    private static final C C_LIBRARY = Native.load("c", C.class);

    private PlainLibvirt() {}

    interface Calls extends Library {
        Pointer virConnectOpen(String uri);

        int virConnectListAllDomains(Pointer connection, PointerByReference domains, int flags);

        Pointer virDomainGetXMLDesc(Pointer domain, int flags);

        int virDomainFree(Pointer domain);

        Pointer virDomainDefineXML(Pointer connection, String definition);

        int virDomainCreate(Pointer domain);

        int virConnectClose(Pointer connection);
    }

    interface C extends Library {
        void free(Pointer memory);

        int malloc_trim(long keep);
    }

    static Pointer open(String uri) {
        return required(CALLS.virConnectOpen(uri), "open " + uri);
    }

    /** Reads the definition of each VM; returns how many there are. */
    static int view(Pointer connection) {
        PointerByReference domains = new PointerByReference();
        int count = CALLS.virConnectListAllDomains(connection, domains, 0);
        for (Pointer domain : domains.getValue().getPointerArray(0, count)) {
            Pointer text = required(CALLS.virDomainGetXMLDesc(domain, 0), "read a definition");
            text.getString(0);
            C_LIBRARY.free(text);
            CALLS.virDomainFree(domain);
        }
        C_LIBRARY.free(domains.getValue());
        return count;
    }

    /** Returns free memory of the C library to the kernel. */
    static void trimMemory() {
        C_LIBRARY.malloc_trim(0);
    }

    static void close(Pointer connection) {
        CALLS.virConnectClose(connection);
    }

    static void create(Pointer connection, String definition) {
        Pointer domain = required(CALLS.virDomainDefineXML(connection, definition), "define a VM");
        if (CALLS.virDomainCreate(domain) < 0) {
            throw new IllegalStateException("libvirt could not start a VM");
        }
        CALLS.virDomainFree(domain);
    }

    private static Pointer required(Pointer answer, String what) {
        if (answer == null) {
            throw new IllegalStateException("libvirt could not " + what);
        }
        return answer;
    }
}
