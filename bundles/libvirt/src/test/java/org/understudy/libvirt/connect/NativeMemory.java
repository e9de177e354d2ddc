// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Native memory that this process has allocated and not freed, without the Java heap. */
public final class NativeMemory {
    private static final Pattern FREE = Pattern.compile("<total type=\"(fast|rest)\" count=\"\\d+\" size=\"(\\d+)\"");
    private static final Pattern TAKEN =
            Pattern.compile("<(?:system type=\"current\"|total type=\"mmap\" count=\"\\d+\") size=\"(\\d+)\"");
    /** glibc prints each figure once for each arena, and the sum at the end. */
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
        String report = text.getValue().getString(0);
        Native.free(Pointer.nativeValue(text.getValue()));
        String sum = report.substring(report.lastIndexOf(SUM) + SUM.length());
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
