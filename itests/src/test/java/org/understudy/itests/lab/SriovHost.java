// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.understudy.itests.Built;

/**
 * A machine with an SR-IOV NIC behind an IOMMU, reached by ssh: an emulated one, or the real one of {@code ./understudy
 * test --hardware}. Its methods return what differs between machines.
 */
public abstract class SriovHost implements AutoCloseable {
    /** Of tests that run on a real machine too. */
    static final String TAG = "sriov-host";

    private static final Duration COMMAND = Duration.ofMinutes(10);
    static final Path NO_INPUT = Path.of("/dev/null");
    private static final String DEVICES = "/sys/bus/pci/devices/";

    /** The exit status and the output of a command. */
    record Result(int status, String output, String errors) {}

    /** Has {@code ssh_config}, as {@code itests/lab/host} makes and uses it. */
    private final Path folder;

    SriovHost(Path folder) {
        this.folder = folder;
    }

    /** The PF to test: the name of its network device. */
    public abstract String pf();

    /** An unprivileged user, who may run QEMU. */
    abstract String user();

    /** A folder for files of tests; it is removed afterwards. */
    abstract String scratch();

    /** The home of a JDK. */
    abstract String java();

    /** The path of a shared folder of this machine on the host. */
    abstract Path here(Path shared);

    /** Skips the test with a message if the host lacks one of these programs or files. */
    abstract void needs(String... things);

    /** A guest needs QEMU, KVM, and a VF that it has a driver for. */
    void needsGuests() {
        needs("qemu-system-x86_64", "/dev/kvm", "/sys/bus/pci/drivers/igbvf/" + vf(0));
    }

    @Override
    public abstract void close();

    String pfAddress() {
        return name("/sys/class/net/" + pf() + "/device");
    }

    int vfs() {
        return Integer.parseInt(output("cat", numvfs()));
    }

    /** The file with the number of VFs. */
    String numvfs() {
        return DEVICES + pfAddress() + "/sriov_numvfs";
    }

    String totalvfs() {
        return DEVICES + pfAddress() + "/sriov_totalvfs";
    }

    String vf(int index) {
        return name("/sys/class/net/" + pf() + "/device/virtfn" + index);
    }

    /** The driver of a function. */
    String driver(String address) {
        return name(DEVICES + address + "/driver");
    }

    String iommuGroup(String address) {
        return name(DEVICES + address + "/iommu_group");
    }

    /** The PF with its VFs as {@code ip} sees them. */
    String link() {
        return output("ip", "-d", "link", "show", pf());
    }

    /** The drivers of all VFs. */
    String drivers() {
        return IntStream.range(0, vfs()).mapToObj(i -> driver(vf(i))).collect(Collectors.joining(" "));
    }

    /** The last component of the target of a link. */
    private String name(String link) {
        return output("readlink", link).replaceAll(".*/", "");
    }

    /** What a command on the host begins with. */
    List<String> prefix() {
        return List.of();
    }

    /** Runs a command as root, without a shell. */
    Result run(String... command) {
        return runWith(NO_INPUT, command);
    }

    /** What a command prints, without the last line's end; it must succeed. */
    public String output(String... command) {
        Result result = run(command);
        assertThat(result.status())
                .as("%s: %s", String.join(" ", command), result)
                .isZero();
        return result.output().stripTrailing();
    }

    /** Runs a shell script of this machine in the host. */
    Result runScript(Path file, String... arguments) {
        List<String> command = new ArrayList<>(List.of("bash", "-s", "--"));
        command.addAll(List.of(arguments));
        return runWith(file, command.toArray(String[]::new));
    }

    /** Copies a file or folder of this machine into the host. */
    public void copyIn(Path from, String to) {
        copyIn(List.of(from), to);
    }

    /** In one call, because each call takes time. */
    void copyIn(List<Path> from, String to) {
        List<String> copy = new ArrayList<>(List.of("copy", folder.toString()));
        from.forEach(path -> copy.add(path.toString()));
        copy.add(":" + to);
        Result copied = script(COMMAND, NO_INPUT, "host", copy);
        assertThat(copied.status()).as(copied.errors()).isZero();
    }

    /** For ssh and for what reads its configuration. */
    public Path sshConfig() {
        return folder.resolve("ssh_config");
    }

    private Result runWith(Path input, String... command) {
        List<String> run = new ArrayList<>(List.of("run", folder.toString()));
        run.addAll(prefix());
        run.addAll(List.of(command));
        return script(COMMAND, input, "host", run);
    }

    static Result script(Duration patience, Path input, String name, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(Built.lab(name).toString()));
        command.addAll(arguments);
        try {
            Path output = Files.createTempFile("output", "");
            Path errors = Files.createTempFile("errors", "");
            try {
                Process process = new ProcessBuilder(command)
                        .redirectInput(input.toFile())
                        .redirectOutput(Redirect.to(output.toFile()))
                        .redirectError(Redirect.to(errors.toFile()))
                        .start();
                boolean ended = process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS);
                if (!ended) {
                    process.destroy();
                }
                assertThat(ended)
                        .as("%s ends: %s", command, Files.readString(errors))
                        .isTrue();
                return new Result(process.exitValue(), text(output), text(errors));
            } finally {
                Files.delete(output);
                Files.delete(errors);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static String text(Path file) throws IOException {
        return Files.readString(file, StandardCharsets.UTF_8);
    }
}
