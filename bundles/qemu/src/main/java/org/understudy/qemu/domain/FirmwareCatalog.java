// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.json.ForeignJson;
import org.understudy.qemu.domain.Domain.Firmware;
import org.understudy.qemu.domain.Domain.FlashFormats;
import org.understudy.qemu.domain.HostOverrides.Flash;

/**
 * Finds UEFI firmware. Source: QEMU {@code docs/interop/firmware.json}; distributions install the descriptors in {@code
 * /usr/share/qemu/firmware}, sorted by priority.
 */
public final class FirmwareCatalog {
    private static final JsonMapper JSON = ForeignJson.MAPPER;

    private final Path folder;

    public FirmwareCatalog(Path folder) {
        this.folder = folder;
    }

    private record Description(Path code, String format, Path template, boolean needsSmm, boolean secureBoot) {}

    /**
     * Selects the flash images of a domain. The variable store is copied from its template if it does not exist.
     *
     * @param nvram the variable store if the definition does not name one
     * @return empty for BIOS
     * @throws UnderstudyException {@link ErrorCode#QEMU_START_FAILED} if no firmware matches, {@link
     *     ErrorCode#IO_FAILED}
     */
    public Optional<Flash> flash(Domain domain, Path nvram) {
        if (domain.firmware() instanceof Firmware.Uefi uefi) {
            Path variables = uefi.nvram().map(Path::of).orElse(nvram);
            Path template = uefi.template()
                    .map(Path::of)
                    .or(() -> templateOf(uefi.code()))
                    .orElse(variables);
            return Optional.of(flash(Path.of(uefi.code()), variables, template, uefi.secure(), uefi.formats()));
        }
        if (domain.firmware() instanceof Firmware.AnyUefi any) {
            Description found = find(domain.machine().type(), any.secureBoot())
                    .orElseThrow(() -> new UnderstudyException(
                            ErrorCode.QEMU_START_FAILED,
                            "Machine type %s has no matching UEFI firmware in %s; install the package ovmf"
                                    .formatted(domain.machine().type(), folder)));
            Path variables = any.nvram().map(Path::of).orElse(nvram);
            return Optional.of(flash(found.code(), variables, found.template(), found.needsSmm(), FlashFormats.RAW));
        }
        return Optional.empty();
    }

    /**
     * True if the domain needs no UEFI firmware, or this host has it.
     *
     * @param machine the full name of the machine type of the domain
     */
    public boolean has(Domain domain, String machine) {
        if (domain.firmware() instanceof Firmware.Uefi uefi) {
            return Files.isReadable(Path.of(uefi.code()));
        }
        return !(domain.firmware() instanceof Firmware.AnyUefi any)
                || find(machine, any.secureBoot()).isPresent();
    }

    private static Flash flash(Path code, Path variables, Path template, boolean secure, FlashFormats formats) {
        try {
            if (!Files.exists(variables)) {
                Files.copy(template, variables);
            }
            return new Flash(code, variables, secure, formats);
        } catch (IOException e) {
            throw new UnderstudyException(
                    ErrorCode.IO_FAILED,
                    "Cannot copy UEFI variables %s to %s: %s".formatted(template, variables, e),
                    e);
        }
    }

    private Optional<Path> templateOf(String code) {
        return all().filter(d -> d.code().toString().equals(code))
                .map(Description::template)
                .findFirst();
    }

    /** Unless secure boot is requested, selects firmware that needs no SMM, which every machine type supports. */
    private Optional<Description> find(String machine, Optional<Boolean> secureBoot) {
        boolean requested = secureBoot.orElse(false);
        return all(machine)
                .filter(d -> d.format().equals(FlashFormats.RAW.code()))
                .filter(d -> d.secureBoot() == requested && (requested || !d.needsSmm()))
                .findFirst();
    }

    private Stream<Description> all() {
        return files().stream().map(this::read).flatMap(json -> description(json).stream());
    }

    private Stream<Description> all(String machine) {
        return files().stream()
                .map(this::read)
                .filter(json -> targets(json, machine))
                .flatMap(json -> description(json).stream());
    }

    private List<Path> files() {
        try (Stream<Path> found = Files.isDirectory(folder) ? Files.list(folder) : Stream.empty()) {
            return found.filter(f -> f.toString().endsWith(".json"))
                    .sorted(Comparator.comparing(Path::getFileName))
                    .toList();
        } catch (IOException e) {
            throw new UnderstudyException(ErrorCode.IO_FAILED, "Cannot read " + folder + ": " + e, e);
        }
    }

    private JsonNode read(Path file) {
        try {
            return JSON.readTree(file.toFile());
        } catch (IOException e) {
            throw new UnderstudyException(ErrorCode.IO_FAILED, "Cannot read " + file + ": " + e, e);
        }
    }

    private static boolean targets(JsonNode json, String machine) {
        return stream(json.path("targets"))
                .filter(t -> t.path("architecture").asText().equals("x86_64"))
                .flatMap(t -> stream(t.path("machines")))
                .anyMatch(pattern -> FileSystems.getDefault()
                        .getPathMatcher("glob:" + pattern.asText())
                        .matches(Path.of(machine)));
    }

    private static Optional<Description> description(JsonNode json) {
        JsonNode mapping = json.path("mapping");
        if (!mapping.path("device").asText().equals("flash")) {
            return Optional.empty();
        }
        List<String> features =
                stream(json.path("features")).map(JsonNode::asText).toList();
        return Optional.of(new Description(
                Path.of(mapping.path("executable").path("filename").asText()),
                mapping.path("executable").path("format").asText(),
                Path.of(mapping.path("nvram-template").path("filename").asText()),
                features.contains("requires-smm"),
                features.contains("secure-boot")));
    }

    private static Stream<JsonNode> stream(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false);
    }
}
