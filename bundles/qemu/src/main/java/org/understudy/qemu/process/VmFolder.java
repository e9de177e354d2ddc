// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.process;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.xml.XmlBytes;
import org.understudy.json.ForeignJson;
import org.understudy.qemu.qmp.QmpClient;

/**
 * The files of one VM. Files of the server are in a folder that only the server can write to, and only the server can
 * read them; QEMU's user may pass through the folder to its own. Files of QEMU (sockets,
 * process id, UEFI variables) are in a subfolder with mode 0700 that belongs to the user of QEMU. Writes are atomic: a
 * reader sees the old or the new content.
 */
public final class VmFolder {
    private static final JsonMapper JSON = ForeignJson.MAPPER;
    private static final int TAIL = 4096;
    private static final long LOG_LIMIT = 1024 * 1024;
    /** A definition can contain passwords. */
    private static final String OWNER_ONLY = "rw-------";

    /** Names of VMs are names of folders and part of the path of a socket, whose length is limited. */
    private static final Pattern USABLE = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}");

    private static final List<String> DOCUMENTS = List.of("definition.xml", "live.xml", "incoming.xml", "run.json");

    private final VmName vm;
    private final Path path;

    /** @throws UnderstudyException as {@link #requireUsable} */
    public VmFolder(Path hostFolder, VmName vm) {
        requireUsable(vm);
        this.vm = vm;
        this.path = hostFolder.resolve(vm.value());
    }

    /**
     * Checks a name.
     *
     * @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT} if no VM of this connector can have it
     */
    public static void requireUsable(VmName vm) {
        if (!USABLE.matcher(vm.value()).matches()) {
            throw new UnderstudyException(
                    ErrorCode.INVALID_ARGUMENT,
                    "VM name '" + vm
                            + "' is not usable on a host with connector qemu: it must be 1 to 64 ASCII letters,"
                            + " digits, '.', '-' or '_' and not start with '.' or '-'");
        }
    }

    public VmName vm() {
        return vm;
    }

    public Path path() {
        return path;
    }

    /** The folder that QEMU may write to. */
    public Path qemuFolder() {
        return path.resolve("q");
    }

    public Path monitor() {
        return qemuFolder().resolve("qmp.sock");
    }

    public Path pidFile() {
        return qemuFolder().resolve("qemu.pid");
    }

    public Path log() {
        return path.resolve("qemu.log");
    }

    public Path nvram() {
        return qemuFolder().resolve("nvram.fd");
    }

    /**
     * Creates the folder.
     *
     * @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT} if the socket path is too long, {@link
     *     ErrorCode#IO_FAILED}
     */
    public void create() {
        int length = monitor().toString().getBytes(StandardCharsets.UTF_8).length;
        if (length > QmpClient.LONGEST_SOCKET_PATH) {
            throw new UnderstudyException(
                    ErrorCode.INVALID_ARGUMENT,
                    "Socket path '%s' has %d bytes, the limit is %d; use a shorter 'directory' or VM name"
                            .formatted(monitor(), length, QmpClient.LONGEST_SOCKET_PATH));
        }
        try {
            Files.createDirectories(path, mode("rwx--x--x"));
            Files.createDirectories(qemuFolder(), mode("rwx------"));
            for (String name : DOCUMENTS) {
                protect(path.resolve(name));
            }
        } catch (IOException e) {
            throw failed("create", path, e);
        }
    }

    /** An earlier version let others read the files of a VM. */
    private static void protect(Path file) throws IOException {
        if (Files.exists(file)) {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(OWNER_ONLY));
        }
    }

    private static FileAttribute<Set<PosixFilePermission>> mode(String text) {
        return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(text));
    }

    /** Removes the folder and its content. */
    public void delete() {
        if (!Files.exists(path)) {
            return;
        }
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw failed("remove", path, e);
        }
    }

    public Optional<String> definition() {
        return document("definition.xml");
    }

    public void storeDefinition(String xml) {
        create();
        write("definition.xml", XmlBytes.write(xml));
    }

    /** The definition of the running QEMU. */
    public Optional<String> liveDefinition() {
        return document("live.xml");
    }

    public void storeLiveDefinition(String xml) {
        write("live.xml", XmlBytes.write(xml));
    }

    /** The definition that is stored when an incoming VM is accepted. */
    public Optional<String> incomingDefinition() {
        return document("incoming.xml");
    }

    public void storeIncomingDefinition(String xml) {
        write("incoming.xml", XmlBytes.write(xml));
    }

    /** Stores the run record before QEMU starts. */
    public void beginRun(RunRecord run, String liveXml) {
        create();
        storeLiveDefinition(liveXml);
        store(run);
    }

    public void store(RunRecord run) {
        try {
            write("run.json", JSON.writeValueAsBytes(run));
        } catch (IOException e) {
            throw failed("write", path.resolve("run.json"), e);
        }
    }

    /** Empty if no QEMU was started since the last run ended. */
    public Optional<RunRecord> run() {
        return read("run.json").map(json -> {
            try {
                return JSON.readValue(json, RunRecord.class);
            } catch (IOException e) {
                throw failed("read", path.resolve("run.json"), e);
            }
        });
    }

    /** Clears a run that has ended, and deletes the folder if the VM has no definition here. */
    public void clearRunOrDelete() {
        if (definition().isPresent()) {
            clearRun();
        } else {
            delete();
        }
    }

    /** Clears a run that has ended; keeps the definition and the log. */
    public void clearRun() {
        remove(monitor());
        remove(pidFile());
        for (String name : List.of("live.xml", "incoming.xml", "run.json")) {
            remove(path.resolve(name));
        }
    }

    private static void remove(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw failed("remove", file, e);
        }
    }

    /** The last lines of the log; empty without a log. */
    public String logTail() {
        try (RandomAccessFile file = new RandomAccessFile(log().toFile(), "r")) {
            long start = Math.max(0, file.length() - TAIL);
            byte[] bytes = new byte[(int) (file.length() - start)];
            file.seek(start);
            file.readFully(bytes);
            return new String(bytes, StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            return "";
        }
    }

    /** Truncates a log that is too long to its last lines; QEMU continues to append to it. */
    public void truncateLog() {
        try {
            if (Files.exists(log()) && Files.size(log()) > LOG_LIMIT) {
                String tail = logTail();
                Files.writeString(log(), tail + "\n", StandardOpenOption.TRUNCATE_EXISTING);
            }
        } catch (IOException e) {
            throw failed("truncate", log(), e);
        }
    }

    private Optional<String> document(String name) {
        return read(name).map(bytes -> XmlBytes.read(path.resolve(name).toString(), bytes, Optional.empty()));
    }

    private Optional<byte[]> read(String name) {
        try {
            return Optional.of(Files.readAllBytes(path.resolve(name)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw failed("read", path.resolve(name), e);
        }
    }

    private void write(String name, byte[] bytes) {
        Path target = path.resolve(name);
        Path draft = path.resolve(name + ".new");
        try {
            Files.deleteIfExists(draft);
            Files.createFile(draft, mode(OWNER_ONLY));
            Files.write(draft, bytes);
            Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw failed("write", target, e);
        }
    }

    private static UnderstudyException failed(String what, Path file, IOException e) {
        return new UnderstudyException(ErrorCode.IO_FAILED, "Cannot " + what + " " + file + ": " + e, e);
    }
}
