// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.probe;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Firmware that performs, in short, the steps of a booting Linux kernel. Its source is {@code
 * src/main/asm/boot-proof.S}.
 */
final class BootFirmware {
    /** QEMU's exit status after the last stage: the value written to isa-debug-exit, doubled, plus one. */
    static final int SUCCESS = 0x10 << 1 | 1;

    private static final int ROM_SIZE = 0x10000;
    private static final int RESET_VECTOR = 0xfff0;

    private static final String CODE = """
            fab052e6e92e660f0116a8010f20c00c010f22c066ea1c000f00080066b810008ed88ec08ed0bc00800000b050e6e9bf
            0010000031c0b900140000fcf3abc7050010000003200000c7050020000003300000c7051820000003400000c7050030
            000083000000c705b84f00009300e0feb054e6e90f20e00d200600000f22e0b8001000000f22d8b9800000c00f320d00
            0100000f30b04de6e90f20c083e0fb0d020000800f22c0eaae000f001800b04ce6e9b807000000660f6ec0660ffec066
            0f7ec083f80e0f85b3000000b053e6e9b980f0fa02ffc975fcb043e6e9488d0582000000bfe050000066890766c74702
            180066c74704008e48c1e81066894706488d0570000000bf0054000066890766c74702180066c74704008e48c1e81066
            8947060f011d84000000b8000000408b08b046e6e9be0000e0fec786f0000000ff010000c786e00300000b000000c786
            2003000040000000c78680030000a0860100fbf4ebfdc7042508200000033000004883c40848cfb049e6e9b010e6f4fa
            f4ebfc0f1f4400000000000000000000ffff0000009bcf00ffff00000093cf00ffff0000009baf001f0088010f000f04
            0050000000000000
            """;

    /** The stage of each letter on the debug console. */
    private static final Map<Character, String> STAGES = new LinkedHashMap<>();

    static {
        STAGES.put('R', "real mode");
        STAGES.put('P', "protected mode");
        STAGES.put('T', "writing page tables");
        STAGES.put('M', "writing a model specific register");
        STAGES.put('L', "long mode");
        STAGES.put('S', "SSE2 in kernel mode");
        STAGES.put('C', "100 million instructions");
        STAGES.put('F', "a page fault");
        STAGES.put('I', "a timer interrupt");
    }

    private BootFirmware() {}

    /** The assembled code. */
    static byte[] code() {
        return HexFormat.of().parseHex(CODE.replaceAll("\\s", ""));
    }

    /** The image for {@code -bios}: the code, and a jump to it at the reset vector. */
    static byte[] rom() {
        byte[] rom = Arrays.copyOf(code(), ROM_SIZE);
        int distance = -(RESET_VECTOR + 3);
        rom[RESET_VECTOR] = (byte) 0xe9;
        rom[RESET_VECTOR + 1] = (byte) distance;
        rom[RESET_VECTOR + 2] = (byte) (distance >> 8);
        return rom;
    }

    /** The name of the last stage that the guest entered. */
    static String lastStage(String letters) {
        return letters.isEmpty() ? "" : STAGES.getOrDefault(letters.charAt(letters.length() - 1), letters);
    }
}
