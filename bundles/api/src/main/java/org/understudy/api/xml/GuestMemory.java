// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.xml;

import java.time.Duration;
import java.util.Optional;
import org.understudy.api.UnderstudyException;

/**
 * The memory of a guest, and what its size costs. VFIO pins all of it when the first VF is opened, and clears each page that
 * was never touched before. QEMU answers no query meanwhile.
 *
 * @param bytes 0 if it is unknown
 * @param prepared whether QEMU has all pages from its start: hugepages, memory that is allocated at once, or locked memory
 */
public record GuestMemory(long bytes, boolean prepared) {
    /** A public report has 53.4 s for 128 GiB that were never touched. */
    private static final Duration UNTOUCHED_PER_GIB = Duration.ofMillis(417);

    /** Source: Linux commit 4d83de6da265: 29.69 s for 120 GiB, of which 79 % clear the pages. */
    private static final Duration PREPARED_PER_GIB = Duration.ofMillis(52);

    /** How much slower a host may be than those of the sources before a deadline is exceeded. */
    private static final int TOLERANCE = 3;

    private static final long GIB = 1L << 30;
    private static final long MIB = 1L << 20;

    /**
     * {@return the memory of a definition}
     *
     * @param document the definition
     */
    public static GuestMemory of(DomainDocument document) {
        XmlElement root = document.root();
        Optional<XmlElement> backing = root.child("memoryBacking");
        boolean prepared = backing.filter(b -> b.child("hugepages").isPresent()
                        || b.child("locked").isPresent()
                        || b.childAttribute("allocation", "mode").equals(Optional.of("immediate")))
                .isPresent();
        return new GuestMemory(PlatformXml.of(document).memoryBytes().orElse(0), prepared);
    }

    /**
     * {@return the memory of a definition; unknown if it is not valid XML}
     *
     * @param definition the domain XML
     */
    public static GuestMemory read(String definition) {
        try {
            return of(DomainDocument.parse(definition));
        } catch (UnderstudyException e) {
            return new GuestMemory(0, false);
        }
    }

    /** {@return how long VFIO needs to pin all of it} */
    public Duration pinning() {
        return time(prepared ? PREPARED_PER_GIB : UNTOUCHED_PER_GIB);
    }

    /** {@return what a deadline for the opening of VFs needs beyond that for a small guest} */
    public Duration openingAllowance() {
        return pinning().multipliedBy(TOLERANCE);
    }

    /**
     * {@return what a deadline for the start of QEMU needs beyond that for a small guest} QEMU clears prepared memory when it
     * starts, and VFIO clears other memory when QEMU opens a VF at its start.
     */
    public Duration startAllowance() {
        return time(UNTOUCHED_PER_GIB).multipliedBy(TOLERANCE);
    }

    private Duration time(Duration perGib) {
        return perGib.multipliedBy(bytes / MIB).dividedBy(GIB / MIB);
    }
}
