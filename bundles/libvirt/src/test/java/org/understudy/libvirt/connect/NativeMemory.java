// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** What native code of this process has asked for and not freed; Java's own heap is none of it. */
public final class NativeMemory {
    private static final Pattern FREE = Pattern.compile("<total type=\"(fast|rest)\" count=\"\\d+\" size=\"(\\d+)\"");
    private static final Pattern TAKEN =
            Pattern.compile("<(?:system type=\"current\"|total type=\"mmap\" count=\"\\d+\") size=\"(\\d+)\"");
    /** Every figure of glibc's stands once for each arena, and in the end as a sum. */
    private static final String SUM = "</heap>\n";

    private NativeMemory() {}

    /** Source: glibc's malloc.h, stdio.h. */
    interface Glibc extends Library {
        Glibc INSTANCE = Native.load("c", Glibc.class);

        Pointer open_memstream(PointerByReference text, LongByReference size);

        int malloc_info(int options, Pointer stream);

        int fclose(Pointer stream);
    }

    /** In bytes. */
    public static long inUse() {
        PointerByReference text = new PointerByReference();
        Pointer stream = Glibc.INSTANCE.open_memstream(text, new LongByReference());
        Glibc.INSTANCE.malloc_info(0, stream);
        Glibc.INSTANCE.fclose(stream);
        String told = text.getValue().getString(0);
        Native.free(Pointer.nativeValue(text.getValue()));
        String sum = told.substring(told.lastIndexOf(SUM) + SUM.length());
        return sum(TAKEN, 1, sum) - sum(FREE, 2, sum);
    }

    private static long sum(Pattern pattern, int group, String text) {
        return pattern.matcher(text)
                .results()
                .map((MatchResult r) -> r.group(group))
                .mapToLong(Long::parseLong)
                .sum();
    }
}
