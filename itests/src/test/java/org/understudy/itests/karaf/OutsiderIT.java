// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import aQute.bnd.osgi.Builder;
import aQute.bnd.osgi.Jar;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.service.component.annotations.Component;
import org.understudy.itests.Built;

/** A bundle of an outsider: the code of docs/osgi.md, built against the API jar alone, in a server with Understudy. */
@ExtendWith(SharedKaraf.class)
@Timeout(300)
class OutsiderIT {
    private static final Pattern CODE = Pattern.compile("```java\n(package.*?)```", Pattern.DOTALL);
    private static final Pattern CLASS = Pattern.compile("public final class (\\w+)");
    private static final String DEFINITION = """
            <domain type='kvm'><name>web1</name><title>frozen</title><memory unit='MiB'>64</memory>
            <os><type arch='x86_64' machine='q35'>hvm</type></os><devices/></domain>
            """;

    @TempDir
    static Path folder;

    private static KarafServer server;
    private static Rest rest;
    private static Path bundle;

    @BeforeAll
    static void build(KarafServer shared) throws Exception {
        server = shared;
        rest = server.startWith(
                "hosts:\n  - {name: alpha, connector: qemu, directory: %s/alpha, accelerator: tcg, user: %s}\n"
                        .formatted(server.home, Built.qemuUser()),
                1);
        bundle = bundle(compiled());
    }

    private static Path compiled() throws IOException {
        Path classes = Files.createDirectories(folder.resolve("classes"));
        List<String> arguments = new ArrayList<>(List.of(
                "-d",
                classes.toString(),
                "--release",
                "17",
                "-Xlint:all,-classfile",
                "-Werror",
                "-proc:none",
                "-cp",
                Built.api() + ":"
                        + Path.of(Component.class
                                .getProtectionDomain()
                                .getCodeSource()
                                .getLocation()
                                .getPath())));
        Matcher blocks = CODE.matcher(Files.readString(Built.docs("osgi.md")));
        while (blocks.find()) {
            Matcher name = CLASS.matcher(blocks.group(1));
            assertThat(name.find()).isTrue();
            arguments.add(Files.writeString(folder.resolve(name.group(1) + ".java"), blocks.group(1))
                    .toString());
        }
        assertThat(ToolProvider.getSystemJavaCompiler().run(null, null, null, arguments.toArray(String[]::new)))
                .isZero();
        return classes;
    }

    private static Path bundle(Path classes) throws Exception {
        Path file = folder.resolve("outsider.jar");
        try (Builder builder = new Builder()) {
            builder.setProperty("Bundle-SymbolicName", "com.example.manager");
            builder.setProperty("-dsannotations", "*");
            builder.setProperty("Private-Package", "com.example.manager");
            builder.setClasspath(
                    new Jar[] {new Jar(classes.toFile()), new Jar(Built.api().toFile())});
            builder.build().write(file.toFile());
            assertThat(builder.getErrors()).isEmpty();
        }
        return file;
    }

    private static String vetoes() throws Exception {
        return rest.change("POST", "/api/v1/provision/define?host=alpha", DEFINITION)
                .body();
    }

    @Test
    void importsNoPackageThatABreakingReleaseCouldSatisfy() throws IOException {
        try (JarFile jar = new JarFile(bundle.toFile())) {
            assertThat(jar.getManifest().getMainAttributes().getValue("Import-Package"))
                    .contains("org.understudy.api;version=\"[1.0,2)\"");
        }
    }

    @Test
    void followsUnderstudyAndVetoesUntilItIsRemoved() throws Exception {
        assertThat(vetoes()).doesNotContain("is frozen");
        try (RemoteShell shell = new RemoteShell(server.sshPort, "admin", server.password())) {
            assertThat(shell.run("bundle:install -s file:" + bundle).status()).isZero();
            try {
                assertThat(vetoes()).contains("vetoed", "VM is frozen by com.example.manager");
                // Waiting, if a component has no service to refer to.
                assertThat(shell.run("bundle:list -s").text()).containsPattern("Active[^\n]*com\\.example\\.manager");
            } finally {
                assertThat(shell.run("bundle:uninstall com.example.manager").status())
                        .isZero();
            }
        }
        assertThat(vetoes()).doesNotContain("is frozen");
    }
}
