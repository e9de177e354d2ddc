// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.xml;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.understudy.api.UnderstudyException;

/** The worst documents in a Java process with little memory. */
class SmallHeapTest {

    @Test
    void readsOrRefusesTheWorstDocumentsInLittleMemory() throws IOException, InterruptedException {
        Process java = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        SmallHeapTest.class.getName())
                .redirectErrorStream(true)
                .start();
        try (var output = java.inputReader()) {
            assertThat(output.lines().collect(Collectors.joining("\n"))).isEqualTo("3 read, 4 refused");
        }
        assertThat(java.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(java.exitValue()).isZero();
    }

    /** Each document is dropped before the next is made. */
    public static void main(String[] arguments) {
        int read = 0;
        List<String> fillings = List.of("\u4e16", "&#x4e16;", "<a b='c'/>", "<a/>", "<a>", "x".repeat(1000), "");
        for (String filling : fillings) {
            try {
                DomainDocument.parse(document(filling));
                read++;
            } catch (UnderstudyException e) {
                // Refused, as the worst should be.
            }
        }
        System.out.println(read + " read, " + (fillings.size() - read) + " refused");
    }

    private static String document(String filling) {
        if (filling.isEmpty()) {
            String many =
                    IntStream.range(0, 9_000).mapToObj(n -> " a" + n + "=''").collect(Collectors.joining());
            return "<domain>" + ("<a" + many + "/>").repeat(DomainDocument.LONGEST / many.length() - 1) + "</domain>";
        }
        return "<domain>" + filling.repeat((DomainDocument.LONGEST - 100) / filling.length()) + "</domain>";
    }
}
