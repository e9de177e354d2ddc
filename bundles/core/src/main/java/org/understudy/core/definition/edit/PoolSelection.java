// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.edit;

import java.util.List;
import java.util.Optional;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.PairRequest;
import org.understudy.api.Policy;
import org.understudy.api.Policy.PoolPolicy;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryForm;
import org.understudy.api.PrimaryKind;
import org.understudy.api.xml.XmlElement;

/** Selects the pool for the primary of a NIC. */
final class PoolSelection {
    private final Policy policy;

    PoolSelection(Policy policy) {
        this.policy = policy;
    }

    Optional<PoolPolicy> choose(XmlElement nic, PairRequest request, List<Finding> findings) {
        String network = network(nic);
        Optional<PoolName> name = request.pool()
                .or(() -> Optional.ofNullable(policy.networkPools().get(network)));
        if (name.isEmpty()) {
            return unknown(
                    "Request has no pool, and the configuration maps no pool to network '" + network + "'", findings);
        }
        Optional<PoolPolicy> pool = policy.pools().stream()
                .filter(known -> known.name().equals(name.get()))
                .findFirst();
        if (pool.isEmpty()) {
            return unknown("Pool '" + name.get() + "' is not in the configuration, which has " + known(), findings);
        }
        check(pool.get(), request, findings);
        return pool;
    }

    private void check(PoolPolicy pool, PairRequest request, List<Finding> findings) {
        boolean emulated = pool.kind() == PrimaryKind.EMULATED;
        if (emulated && !policy.allowEmulatedPrimary()) {
            findings.add(Finding.of(
                    FindingCode.EMULATED_PRIMARY_NOT_ALLOWED,
                    "pool " + pool.name(),
                    "Pool '" + pool.name() + "' has an emulated primary, which the configuration does not allow",
                    "Use a pool of VFs, or set allow-emulated-primary: true in etc/understudy.yaml of a test system."));
        }
        PrimaryForm form = request.form().orElse(PrimaryForm.POOL_NETWORK);
        String formId = ExistingPair.formId(form);
        if (form != PrimaryForm.POOL_NETWORK && emulated) {
            contradiction(
                    pool,
                    "Form " + formId + " requires a VF, but the primary of pool '" + pool.name() + "' is emulated",
                    findings);
        }
        if (form == PrimaryForm.POOL_NETWORK && request.vf().isPresent()) {
            String why = emulated
                    ? "the primary of pool '" + pool.name() + "' is emulated"
                    : "the host selects the VF in the form " + formId;
            contradiction(pool, "VF " + request.vf().get() + " is requested, but " + why, findings);
        }
        if (!emulated && form != PrimaryForm.POOL_NETWORK && request.vf().isEmpty()) {
            findings.add(Finding.of(
                    FindingCode.POOL_NOT_SERVED,
                    "pool " + pool.name(),
                    "Form " + formId + " requires the PCI address of a VF, but the request has none",
                    "Specify a VF of the pool, or use the form pool-network."));
        }
    }

    private static void contradiction(PoolPolicy pool, String message, List<Finding> findings) {
        findings.add(Finding.of(
                FindingCode.PAIR_REQUEST_CONTRADICTORY,
                "pool " + pool.name(),
                message,
                "Omit the form and the VF, or select a pool of VFs and a form with a PCI address."));
    }

    private Optional<PoolPolicy> unknown(String message, List<Finding> findings) {
        findings.add(Finding.of(
                FindingCode.POOL_UNKNOWN,
                "configuration",
                message,
                "Specify a pool, or add the pool or its network to etc/understudy.yaml."));
        return Optional.empty();
    }

    private String known() {
        return policy.pools().isEmpty()
                ? "no pools"
                : String.join(
                        ", ", policy.pools().stream().map(p -> p.name().value()).toList());
    }

    private static String network(XmlElement nic) {
        return nic.childAttribute("source", "network")
                .or(() -> nic.childAttribute("source", "bridge"))
                .or(() -> nic.childAttribute("source", "dev"))
                .orElse(nic.attributeOr("type", ""));
    }
}
