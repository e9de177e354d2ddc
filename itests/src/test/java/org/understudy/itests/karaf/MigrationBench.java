// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.understudy.itests.Built;
import org.understudy.itests.lab.SriovLab;

/**
 * Measures downtime and packet loss of migrations between two SR-IOV hosts, by Understudy and by libvirt alone. Arguments:
 * the number of rounds there and back, and the file for the result.
 */
final class MigrationBench {
    private static final List<String> HOSTS = List.of("alpha", "beta");
    private static final String FORWARDING_OFF = "/run/no-forwarding";
    private static final String SLOW_VFIO = "/tmp/slowvfio.so";
    /** 20 s for the guest of 160 MiB: longer than QEMU may usually be silent. */
    private static final int MS_PER_GIB = 128_000;

    private static final Pattern DOWNTIME = Pattern.compile("(?m)^Total downtime: +(\\d+) ");
    /** A ping without a reply counts as lost after 1 s. */
    private static final Duration LATE_ANSWERS = Duration.ofSeconds(2);

    private final LabServer lab;
    private final ObjectNode samples = Rest.JSON.createObjectNode();

    private MigrationBench(LabServer lab) {
        this.lab = lab;
    }

    public static void main(String[] arguments) throws Exception {
        int rounds = Integer.parseInt(arguments[0]);
        try (LabServer lab = LabServer.start()) {
            MigrationBench bench = new MigrationBench(lab);
            HOSTS.forEach(bench::refuseForwarding);
            bench.bringSlowVfio();
            for (int round = 1; round <= rounds; round++) {
                System.err.printf("Round %d of %d ...%n", round, rounds);
                bench.understudy();
                bench.libvirt();
                bench.slowVfio();
            }
            Files.writeString(Path.of(arguments[1]), bench.samples.toPrettyString());
        }
    }

    /** Like an access list of the host, while a file exists. */
    private void refuseForwarding(String host) {
        lab.lab.output(host, "sh", "-ec", """
                mv /tmp/understudy-vf /tmp/understudy-vf.real
                cat >/tmp/understudy-vf <<'WRAPPER'
                #!/bin/sh
                if [ "$1" = forwarding ] && [ -e %s ]; then exit 4; fi
                exec /tmp/understudy-vf.real "$@"
                WRAPPER
                chmod +x /tmp/understudy-vf
                """.formatted(FORWARDING_OFF));
    }

    private void understudy() throws Exception {
        TestGuest guest = lab.startGuest("web1", 1, "");
        for (String destination : List.of("beta", "alpha")) {
            move("understudy, automatic", "automatic", guest, destination);
        }
        for (String destination : List.of("beta", "alpha")) {
            move("understudy, explicit", "explicit", guest, destination);
        }
        HOSTS.forEach(host -> lab.lab.output(host, "touch", FORWARDING_OFF));
        for (String destination : List.of("beta", "alpha")) {
            move("understudy, automatic without forwarding entries", "automatic", guest, destination);
        }
        HOSTS.forEach(host -> lab.lab.output(host, "rm", FORWARDING_OFF));
        LabServer.requireOk(lab.rest.change("POST", "/api/v1/vms/web1/destroy", ""));
        LabServer.requireOk(lab.rest.change("DELETE", "/api/v1/vms/web1", ""));
    }

    private void bringSlowVfio() throws IOException, InterruptedException {
        Path library = Files.createTempFile("slowvfio", ".so");
        Process gcc = new ProcessBuilder(
                        "gcc",
                        "-std=c17",
                        "-O2",
                        "-Wall",
                        "-Wextra",
                        "-Werror",
                        "-shared",
                        "-fPIC",
                        "-o",
                        library.toString(),
                        Built.lab("slowvfio.c").toString())
                .inheritIO()
                .start();
        if (gcc.waitFor() != 0) {
            throw new IllegalStateException("gcc exited with " + gcc.exitValue());
        }
        for (String host : HOSTS) {
            lab.lab.bring(host, library, SLOW_VFIO);
            run(host, "chmod 755 " + SLOW_VFIO);
        }
        Files.delete(library);
    }

    /** A guest of 160 MiB whose VFs take as long to be opened as those of a large one. */
    private void slowVfio() throws Exception {
        TestGuest guest = lab.startGuest(
                "alpha",
                "web1",
                lab.definition("web1", 1, "")
                        .replace("<domain ", "<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0' ")
                        .replace("</domain>", """
                        <qemu:commandline>
                          <qemu:env name='LD_PRELOAD' value='%s'/>
                          <qemu:env name='SLOWVFIO_MS_PER_GIB' value='%d'/>
                        </qemu:commandline>
                        </domain>""".formatted(SLOW_VFIO, MS_PER_GIB)));
        move("understudy, automatic, VF opened in 20 s", "automatic", guest, "beta");
        move("understudy, explicit, VF opened in 20 s", "explicit", guest, "alpha");
        LabServer.requireOk(lab.rest.change("POST", "/api/v1/vms/web1/destroy", ""));
        LabServer.requireOk(lab.rest.change("DELETE", "/api/v1/vms/web1", ""));
    }

    private void move(String contestant, String strategy, TestGuest guest, String destination) throws Exception {
        guest.awaitClear(destination);
        lab.requireReachable(1);
        lab.lab.watch(LabServer.address(1));
        String path = guest.begin(destination, ",\"strategy\":\"%s\"".formatted(strategy));
        guest.awaitEnd(path);
        JsonNode moved = lab.rest.json(path);
        if (!moved.get("outcome").asText().equals("completed")) {
            throw new IllegalStateException(moved.toString());
        }
        guest.awaitActive();
        sample(contestant, moved.get("downtimeMs").asDouble())
                .put("onStandbyMs", moved.get("onStandbyMs").asDouble());
    }

    /** Without the server, which would observe the migrations. */
    private void libvirt() throws Exception {
        lab.server.kill();
        run("alpha", "printf %s \"$1\" >/run/pair.xml; virsh -q create /run/pair.xml", pair());
        awaitVf("alpha");
        virsh("virsh migrate", "alpha", "beta", "10.77.0.2");
        virsh("virsh migrate", "beta", "alpha", "10.77.0.1");
        String mac = "52:54:00:11:22:31";
        HOSTS.forEach(host -> run(host, "bridge fdb add \"$1\" dev enp1s0 self", mac));
        virsh("virsh migrate, forwarding entries by hand", "alpha", "beta", "10.77.0.2");
        virsh("virsh migrate, forwarding entries by hand", "beta", "alpha", "10.77.0.1");
        HOSTS.forEach(host -> run(host, "bridge fdb del \"$1\" dev enp1s0 self", mac));
        run("alpha", "virsh -q destroy pair");
        lab.restart();
    }

    private void virsh(String contestant, String source, String destination, String address) throws Exception {
        lab.requireReachable(1);
        run(destination, "rm -f /run/pair.serial");
        lab.lab.watch(LabServer.address(1));
        run(source, "virsh -q migrate --live --p2p pair qemu+tcp://$1/system tcp://$1", address);
        awaitVf(destination);
        Matcher downtime = DOWNTIME.matcher(run(destination, "virsh domjobinfo --completed pair"));
        if (!downtime.find()) {
            throw new IllegalStateException("libvirt reports no downtime");
        }
        sample(contestant, Double.parseDouble(downtime.group(1)));
    }

    private String run(String host, String script, String... arguments) {
        String[] command = new String[4 + arguments.length];
        System.arraycopy(new String[] {"sh", "-ec", script, "sh"}, 0, command, 0, 4);
        System.arraycopy(arguments, 0, command, 4, arguments.length);
        return lab.lab.output(host, command);
    }

    private void awaitVf(String host) {
        await("the guest's traffic on a VF of " + host)
                .atMost(Duration.ofSeconds(120))
                .pollInterval(Duration.ofMillis(500))
                .until(() -> run(host, "tail -qn 1 /run/pair.serial 2>/dev/null || true")
                        .matches(".*path=primary .*=primary,.*,igbvf,up,1.*"));
    }

    private ObjectNode sample(String contestant, double downtime) throws Exception {
        TimeUnit.NANOSECONDS.sleep(LATE_ANSWERS.toNanos());
        SriovLab.Figures seen = lab.lab.figures();
        ArrayNode of = samples.withArray("/" + contestant);
        ObjectNode sample = of.addObject()
                .put("downtimeMs", downtime)
                .put("pings", seen.pings())
                .put("pingsLost", seen.pingsLost())
                .put("pingGapMs", seen.pingGap())
                .put("heartbeats", seen.heartbeats())
                .put("heartbeatsLost", seen.heartbeatsLost())
                .put("heartbeatGapMs", seen.heartbeatGap())
                .put("guestInGapMs", seen.guestInGap());
        System.err.println(contestant + ": " + sample);
        return sample;
    }

    /** The definition of the pair for libvirt alone. */
    private String pair() {
        return lab.definition("pair", 1, "")
                .replace("<model type='virtio'/>", """
                        <model type='virtio'/>
                        <teaming type='persistent'/>
                        <alias name='ua-standby0'/>""")
                .replace("<memballoon", """
                        <interface type='network'>
                          <mac address='52:54:00:11:22:31'/>
                          <source network='vf-pool'/>
                          <teaming type='transient' persistent='ua-standby0'/>
                          <alias name='ua-primary0'/>
                        </interface>
                        <serial type='file'><source path='/run/pair.serial'/><target port='0'/></serial>
                        <memballoon""");
    }
}
