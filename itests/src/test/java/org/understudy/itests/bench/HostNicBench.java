// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.lang.ProcessBuilder.Redirect;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.understudy.hostnic.backend.NativeBackend;
import org.understudy.hostnic.backend.NativeBackend.Places;
import org.understudy.hostnic.backend.NativeLibrary;

/**
 * Measures the inventory and the binding of VFs, compared with other tools on the same machine in the same run. Prints one
 * JSON document.
 *
 * <p>{@code HostNicBench trees FLOOR ROUNDS PFSxVFS...} reads machines in memory; {@code HostNicBench host FLOOR COMMAND
 * ROUNDS VF...} reads and changes this one, as root.
 */
public final class HostNicBench {
    private static final int WARM_UPS = 10;

    private HostNicBench() {}

    public static void main(String[] arguments) throws Exception {
        List<String> rest = List.of(arguments).subList(1, arguments.length);
        if (!NativeLibrary.instance().isLoaded()) {
            throw new IllegalStateException("libusvfjni is not in java.library.path");
        }
        Object result = arguments[0].equals("trees") ? trees(rest) : host(rest);
        System.out.println(new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(result));
        System.exit(0);
    }

    private static List<Map<String, Object>> trees(List<String> arguments) throws Exception {
        List<Map<String, Object>> results = new ArrayList<>();
        for (String size : arguments.subList(2, arguments.size())) {
            String[] numbers = size.split("x");
            try (Floor floor = new Floor(arguments.get(0), numbers[0], numbers[1])) {
                String[] places = floor.line().split(" ");
                Places here = new Places(places[0], "", places[2], places[1], places[3]);
                Map<String, Object> result = new LinkedHashMap<>();
                result.put("vfs", Integer.parseInt(numbers[0]) * Integer.parseInt(numbers[1]));
                result.put(
                        "medianMicros", inventory(floor, here).medians(WARM_UPS, Integer.parseInt(arguments.get(1))));
                results.add(result);
            }
        }
        return results;
    }

    private static Turns inventory(Floor floor, Places places) throws ReflectiveOperationException {
        NativeBackend functions = new NativeBackend(places, "bench", "", Runnable::run);
        // Only the call; "records" includes the conversion to records.
        Method call =
                Class.forName("org.understudy.hostnic.backend.NativeVf").getDeclaredMethod("inventory", String[].class);
        call.setAccessible(true);
        String[] texts = {places.sysfs(), places.dev(), places.state(), places.links(), places.run()};
        Runnable jni = () -> {
            try {
                call.invoke(null, (Object) texts);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        };
        return new Turns()
                .with("floor", floor.contestant("floor"))
                .with("libusvf", floor.contestant("library"))
                .with("jni", jni)
                .with("records", (Runnable) functions::read);
    }

    private static Map<String, Object> host(List<String> arguments) throws Exception {
        String command = arguments.get(1);
        int rounds = Integer.parseInt(arguments.get(2));
        List<String> vfs = arguments.subList(3, arguments.size());
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("vfs", vfs.size());
        try (Floor floor = new Floor(arguments.get(0))) {
            String devices = run("virsh", "-q", "nodedev-list", "--cap", "pci");
            String dumps = devices.lines()
                    .filter(name -> !name.isBlank())
                    .map(name -> "nodedev-dumpxml " + name.strip())
                    .collect(Collectors.joining("; "));
            Turns turns = inventory(floor, Places.usual())
                    .with("command", () -> run(command, "list", "--json"))
                    .with("ip", () -> run("ip", "-j", "-d", "link", "show"))
                    // Best case: all devices in one process over one connection.
                    .with("virsh", () -> run("virsh", "-q", "nodedev-list --cap pci; " + dumps));
            result.put(
                    "pciDevices",
                    devices.lines().filter(name -> !name.isBlank()).count());
            result.put("medianMicros", turns.medians(2, rounds));
        }
        result.put(
                "bind",
                Map.of(
                        "1",
                        binds(command, rounds, vfs.subList(0, 1)),
                        String.valueOf(vfs.size()),
                        binds(command, rounds, vfs)));
        return result;
    }

    /** To vfio-pci and back, one VF at a time. */
    private static Map<String, Double> binds(String command, int rounds, List<String> vfs) {
        Map<String, String> numbers = new LinkedHashMap<>();
        vfs.forEach(vf -> numbers.put(
                vf,
                run(command, "lease", vf, "--owner", "bench", "--json")
                        .replaceAll("(?s).*\"fencing\":(\\d+).*", "$1")));
        Map<String, Double> medians = new Turns()
                .with("understudy-vf", () -> {
                    numbers.forEach((vf, number) -> run(command, "bind", vf, "--owner", "bench", "--fencing", number));
                    numbers.forEach(
                            (vf, number) -> run(command, "unbind", vf, "--owner", "bench", "--fencing", number));
                })
                .with("driverctl", () -> {
                    vfs.forEach(vf -> run("driverctl", "--nosave", "set-override", vf, "vfio-pci"));
                    vfs.forEach(vf -> run("driverctl", "--nosave", "unset-override", vf));
                })
                .with("dpdk-devbind", () -> {
                    vfs.forEach(vf -> run("dpdk-devbind.py", "-b", "vfio-pci", vf));
                    vfs.forEach(vf -> run("dpdk-devbind.py", "-b", "igbvf", vf));
                })
                .medians(1, rounds);
        numbers.forEach((vf, number) -> run(command, "release", vf, "--owner", "bench", "--fencing", number));
        return medians;
    }

    private static String run(String... command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IllegalStateException(String.join(" ", command) + " failed: " + output);
            }
            return output;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The program {@code native/bench/inventory_floor}. */
    private static final class Floor implements AutoCloseable {
        private final Process process;
        private final BufferedReader answers;
        private final Writer questions;

        Floor(String... command) throws IOException {
            process =
                    new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
            answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
            questions = process.outputWriter(StandardCharsets.UTF_8);
        }

        String line() {
            try {
                String line = answers.readLine();
                if (line == null) {
                    throw new IllegalStateException("the floor ended");
                }
                return line;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        LongSupplier contestant(String what) {
            return () -> {
                try {
                    questions.write(what + "\n");
                    questions.flush();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                return Long.parseLong(line());
            };
        }

        @Override
        public void close() throws IOException {
            questions.close();
            process.onExit().join();
        }
    }
}
