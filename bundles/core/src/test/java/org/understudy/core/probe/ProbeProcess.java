// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.probe;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.understudy.api.ProbeTarget;
import org.understudy.concurrent.SystemScheduler;

/** A heartbeat probe in a process of its own: prints its port, then the report for each line that it reads. */
public final class ProbeProcess {
    private ProbeProcess() {}

    /** Runs until the end of the input. */
    public static void main(String[] arguments) throws IOException {
        ProbeTarget.Heartbeat target = new ProbeTarget.Heartbeat("127.0.0.1", 0, 7);
        try (HeartbeatProbe probe = new HeartbeatProbe(
                        target,
                        SystemScheduler.process(),
                        SystemScheduler.process().pool("probe"));
                BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            System.out.println(probe.address().getPort());
            while (lines.readLine() != null) {
                System.out.println(probe.report());
            }
        }
    }
}
