// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.understudy.itests.Built;

/** The KAR under another version: Karaf sees other features, with bundles from other locations, that have the same code. */
final class KarOfVersion {
    private final String version;

    private KarOfVersion(String version) {
        this.version = version;
    }

    static void write(String version, Path target) throws IOException {
        try (InputStream in = Files.newInputStream(Built.kar());
                OutputStream out = Files.newOutputStream(target)) {
            new KarOfVersion(version).copy(in, out);
        }
    }

    private void copy(InputStream archive, OutputStream target) throws IOException {
        ZipInputStream in = new ZipInputStream(archive);
        ZipOutputStream out = new ZipOutputStream(target);
        for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
            out.putNextEntry(new ZipEntry(entry.getName().replace(Built.VERSION, version)));
            out.write(changed(entry.getName(), in.readAllBytes()));
        }
        out.finish();
    }

    private byte[] changed(String name, byte[] content) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        if (name.equals(JarFile.MANIFEST_NAME)) {
            Manifest manifest = new Manifest(new ByteArrayInputStream(content));
            manifest.getMainAttributes()
                    .replaceAll((header, value) -> value.toString().replace(Built.VERSION, version));
            manifest.write(out);
        } else if (name.endsWith("-features.xml")) {
            out.writeBytes(new String(content, StandardCharsets.UTF_8)
                    .replace(Built.VERSION, version)
                    .replace(Built.VERSION.replace('-', '.'), version)
                    .getBytes(StandardCharsets.UTF_8));
        } else if (name.contains("/org.understudy.requirements-")) {
            copy(new ByteArrayInputStream(content), out);
        } else {
            return content;
        }
        return out.toByteArray();
    }
}
