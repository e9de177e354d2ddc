// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.util.List;
import java.util.Optional;
import org.understudy.api.Alias;
import org.understudy.api.Finding;
import org.understudy.api.HostName;
import org.understudy.api.PciAddress;
import org.understudy.api.PoolName;
import org.understudy.api.VmName;
import org.understudy.api.spi.VfPools;
import org.understudy.api.spi.VfSettings;

/** VF pools whose calls to the NICs of a host block no longer than a deadline. */
record BoundedPools(VfPools pools, BoundedCalls calls) implements VfPools {
    @Override
    public List<Finding> check(HostName host, PoolName pool) {
        return calls.call(host, "check pool " + pool, () -> pools.check(host, pool));
    }

    /** Passed on unchanged: the caller has a deadline and releases a late result. */
    @Override
    public Optional<Lease> lease(HostName host, PoolName pool, VmName vm, Alias primary, VfSettings settings) {
        return pools.lease(host, pool, vm, primary, settings);
    }

    @Override
    public Optional<Lease> leaseNamed(HostName host, PciAddress vf, VmName vm, Alias primary, VfSettings settings) {
        return pools.leaseNamed(host, vf, vm, primary, settings);
    }

    @Override
    public List<Lease> leases(HostName host) {
        return calls.call(host, "list the leased VFs", () -> pools.leases(host));
    }

    @Override
    public void forward(Lease lease, boolean on) {
        calls.run(lease.host(), "forward frames of VF " + lease.vf(), () -> pools.forward(lease, on));
    }

    @Override
    public void release(Lease lease) {
        calls.run(lease.host(), "release VF " + lease.vf(), () -> pools.release(lease));
    }
}
