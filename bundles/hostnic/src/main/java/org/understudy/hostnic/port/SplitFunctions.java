// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.port;

import java.util.Optional;
import java.util.function.Consumer;
import org.understudy.api.PciAddress;
import org.understudy.api.Subscription;
import org.understudy.api.spi.VfSettings;

/** For a server that may read what it may not change: reads in one way, changes in another. */
public record SplitFunctions(Functions reader, Functions changer) implements Functions {
    @Override
    public String access() {
        return reader.access() + ", changes by " + changer.access();
    }

    @Override
    public Reading read() {
        return reader.read();
    }

    @Override
    public Subscription watch(Runnable changed, Consumer<String> ended) {
        return reader.watch(changed, ended);
    }

    @Override
    public Optional<Ticket> lease(PciAddress vf, Claim claim) {
        return changer.lease(vf, claim);
    }

    @Override
    public void prepare(Ticket ticket, VfSettings settings) {
        changer.prepare(ticket, settings);
    }

    @Override
    public void detour(Ticket ticket, boolean on) {
        changer.detour(ticket, on);
    }

    @Override
    public void release(Ticket ticket) {
        changer.release(ticket);
    }

    @Override
    public void close() {
        reader.close();
        changer.close();
    }
}
