// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.backend;

import java.util.Optional;
import java.util.function.Consumer;
import org.understudy.api.PciAddress;
import org.understudy.api.Subscription;
import org.understudy.api.spi.VfSettings;

/** Reads with one backend and changes with another, for a server without the privilege to change functions. */
public record SplitBackend(SriovBackend reader, SriovBackend writer) implements SriovBackend {
    @Override
    public String access() {
        return reader.access() + ", changes by " + writer.access();
    }

    @Override
    public Inventory read() {
        return reader.read();
    }

    @Override
    public Subscription watch(Runnable changed, Consumer<String> ended) {
        return reader.watch(changed, ended);
    }

    @Override
    public Optional<LeaseToken> lease(PciAddress vf, LeaseOwner owner) {
        return writer.lease(vf, owner);
    }

    @Override
    public Optional<LeaseToken> adopt(PciAddress vf, LeaseOwner owner) {
        return writer.adopt(vf, owner);
    }

    @Override
    public void prepare(LeaseToken token, VfSettings settings) {
        writer.prepare(token, settings);
    }

    @Override
    public void forward(LeaseToken token, boolean on) {
        writer.forward(token, on);
    }

    @Override
    public void release(LeaseToken token) {
        writer.release(token);
    }

    @Override
    public void close() {
        reader.close();
        writer.close();
    }
}
