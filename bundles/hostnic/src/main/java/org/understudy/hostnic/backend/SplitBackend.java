// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.backend;

import java.util.Optional;
import java.util.function.Consumer;
import org.understudy.api.PciAddress;
import org.understudy.api.Subscription;
import org.understudy.api.spi.VfSettings;

/** For a server that may read what it may not change: reads in one way, changes in another. */
public record SplitBackend(SriovBackend reader, SriovBackend changer) implements SriovBackend {
    @Override
    public String access() {
        return reader.access() + ", changes by " + changer.access();
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
    public Optional<LeaseToken> lease(PciAddress vf, LeaseOwner leaseOwner) {
        return changer.lease(vf, leaseOwner);
    }

    @Override
    public void prepare(LeaseToken leaseToken, VfSettings settings) {
        changer.prepare(leaseToken, settings);
    }

    @Override
    public void forward(LeaseToken leaseToken, boolean on) {
        changer.forward(leaseToken, on);
    }

    @Override
    public void release(LeaseToken leaseToken) {
        changer.release(leaseToken);
    }

    @Override
    public void close() {
        reader.close();
        changer.close();
    }
}
