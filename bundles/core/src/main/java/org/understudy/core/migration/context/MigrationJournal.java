// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.Migration;
import org.understudy.api.MigrationId;
import org.understudy.api.MigrationOptions;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.VfPools.Lease;
import org.understudy.json.RecordMappers;

/**
 * The state that survives a crash of this server: one file per migration, replaced atomically and on disk before the
 * migration continues. Safe for use from any thread.
 */
public final class MigrationJournal implements PendingUnplug.Store, VfOpening.Store {
    /** The stage of a migration. */
    public enum Stage {
        /** Nothing outside this server was changed. */
        STARTED,
        /** VFs are leased on the destination. */
        LEASED,
        /** A destination QEMU exists, and the source may have started to send. */
        PREPARED,
        /** The source has sent everything and stopped; the destination is about to run the guest, or does. */
        COMMITTED,
        /** The migration is being rolled back. */
        GOING_BACK,
        ENDED
    }

    /**
     * One file.
     *
     * @param options as requested; the defaults if the file is of a version that did not write them
     * @param marked whether the live definition on the destination has the mark of the migration; false if the file is of a
     *     version that did not set it
     */
    public record Entry(
            Stage stage, Migration migration, MigrationOptions options, List<Lease> leases, boolean marked) {
        public Entry {
            options = Optional.ofNullable(options).orElseGet(MigrationOptions::defaults);
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(MigrationJournal.class);
    private static final int KEPT = 100;
    private static final String SUFFIX = ".json";
    private static final String PENDING = "pending-ejects";
    private static final String OPENINGS = "vf-openings";
    private static final JsonMapper JSON = RecordMappers.STORED;

    private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final Path folder;
    private final JournalReserve reserve;
    private final VfOpenings openings = new VfOpenings(this);

    /** @throws UnderstudyException {@link ErrorCode#IO_FAILED} if the folder cannot be created */
    public MigrationJournal(Path folder) {
        this.folder = folder;
        try {
            Files.createDirectories(folder);
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        } catch (IOException e) {
            throw new UnderstudyException(ErrorCode.IO_FAILED, "Folder " + folder + " cannot be created: " + e, e);
        }
        reserve = new JournalReserve(folder, OWNER_ONLY);
        try {
            reserve.fill();
        } catch (IOException e) {
            LOG.warn("Journal folder {}: no migration can start: {}", folder, e.toString());
        }
    }

    /** Why no migration can start, or a warning of low space; empty if there is enough. Reads only. */
    public List<Finding> findings() {
        return reserve.findings();
    }

    public boolean has(MigrationId id) {
        return Files.exists(file(id));
    }

    /** @throws UnderstudyException {@link ErrorCode#IO_FAILED} if there is no space for this migration and its end */
    public void started(Migration first, MigrationOptions options) {
        Path file = file(first.id());
        try {
            reserve.fill();
            replace(file, new Entry(Stage.STARTED, first, options, List.of(), true));
        } catch (IOException e) {
            throw failure(file, e);
        }
    }

    /** Also deletes the oldest files of ended migrations, beyond 100. */
    public void ended(Migration last) {
        write(new Entry(Stage.ENDED, last, MigrationOptions.defaults(), List.of(), true));
        List<Entry> ended = all().stream().filter(e -> e.stage == Stage.ENDED).toList();
        ended.stream().limit(Math.max(0, ended.size() - KEPT)).forEach(e -> delete(file(e.migration.id())));
    }

    /** All migrations, oldest first; a file that cannot be read is logged and omitted. */
    public List<Entry> all() {
        List<Entry> entries = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            files.filter(f -> f.toString().endsWith(SUFFIX)).forEach(f -> read(f, entries));
        } catch (IOException e) {
            throw new UnderstudyException(ErrorCode.IO_FAILED, "Folder " + folder + " cannot be read: " + e, e);
        }
        entries.sort(Comparator.comparing((Entry e) -> e.migration.started())
                .thenComparing(e -> e.migration.id().value()));
        return entries;
    }

    private void read(Path file, List<Entry> entries) {
        try {
            entries.add(JSON.readValue(file.toFile(), Entry.class));
        } catch (IOException e) {
            LOG.error("Journal file {}: cannot be read, ignored: {}", file, e.toString());
        }
    }

    /** Returns once the entry is on disk. */
    public void write(Entry entry) {
        store(file(entry.migration.id()), entry);
    }

    @Override
    public List<PendingUnplug> pendingUnplugs() {
        return list(PENDING, PendingUnplug[].class);
    }

    private <T> List<T> list(String name, Class<T[]> kind) {
        Path file = folder.resolve(name);
        try {
            return Files.exists(file) ? List.of(JSON.readValue(file.toFile(), kind)) : List.of();
        } catch (IOException e) {
            LOG.error("Journal file {}: cannot be read, ignored: {}", file, e.toString());
            return List.of();
        }
    }

    @Override
    public void keep(List<PendingUnplug> all) {
        store(folder.resolve(PENDING), all);
    }

    /** What the VFs of VMs cost in their last migrations. */
    public VfOpenings measured() {
        return openings;
    }

    @Override
    public List<VfOpening> openings() {
        return list(OPENINGS, VfOpening[].class);
    }

    @Override
    public void keepOpenings(List<VfOpening> all) {
        store(folder.resolve(OPENINGS), all);
    }

    private void store(Path file, Object value) {
        try {
            replaceOrUseReserve(file, value);
        } catch (IOException e) {
            throw failure(file, e);
        }
    }

    private void replaceOrUseReserve(Path file, Object value) throws IOException {
        try {
            replace(file, value);
        } catch (IOException e) {
            if (!reserve.release()) {
                throw e;
            }
            LOG.warn("Journal file {}: cannot be written, using the reserve: {}", file, e.toString());
            replace(file, value);
        }
    }

    private void replace(Path file, Object value) throws IOException {
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        try {
            Files.deleteIfExists(fresh);
            try (FileChannel out = FileChannel.open(
                    fresh, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), OWNER_ONLY)) {
                ByteBuffer bytes = ByteBuffer.wrap(JSON.writeValueAsBytes(value));
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
                out.force(true);
            }
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            delete(fresh);
            throw e;
        }
        try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
            directory.force(true);
        }
    }

    private static UnderstudyException failure(Path file, IOException e) {
        return new UnderstudyException(ErrorCode.IO_FAILED, "Journal file " + file + " cannot be written: " + e, e);
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.warn("Journal file {}: cannot be deleted: {}", file, e.toString());
        }
    }

    private Path file(MigrationId id) {
        return folder.resolve(id.value() + SUFFIX);
    }
}
