// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.understudy.api.Consent;
import org.understudy.api.HostName;
import org.understudy.api.NicProvisioning;
import org.understudy.api.NicProvisioning.Occasion;
import org.understudy.api.NicSelector;
import org.understudy.api.PairRequest;
import org.understudy.api.PciAddress;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryForm;
import org.understudy.api.Provisioned;

/**
 * The request of a manager outside this JVM, not validated.
 *
 * @param occasion one of {@link Occasion}
 * @param nics the NICs to become pairs
 * @param consents accepted risks of these pairs
 */
record ProvisionRequest(
        String occasion,
        String host,
        String definition,
        List<String> nics,
        Optional<String> pool,
        Optional<String> form,
        Optional<String> vf,
        List<String> consents) {
    /** The keys of a JSON object. */
    static final Set<String> KEYS =
            Set.of("occasion", "host", "definition", "nics", "pool", "form", "vf", "consents", PassedReport.KEY);

    /** Reads an object whose keys are the names of the components. */
    static ProvisionRequest read(JsonFields fields) {
        return new ProvisionRequest(
                fields.requiredText("occasion"),
                fields.requiredText("host"),
                fields.requiredText("definition"),
                fields.texts("nics"),
                fields.text("pool"),
                fields.text("form"),
                fields.text("vf"),
                fields.texts("consents"));
    }

    Provisioned apply(NicProvisioning provisioning) {
        HostName target = new HostName(host);
        List<PairRequest> requests = nics.stream().map(this::request).toList();
        Occasion when = EnumParser.parse(Occasion.class, occasion);
        return when == Occasion.ARRIVING
                ? provisioning.arriving(target, definition, requests)
                : provisioning.before(when, target, definition, requests);
    }

    private PairRequest request(String nic) {
        return new PairRequest(
                NicSelector.parse(nic),
                pool.map(PoolName::new),
                form.map(text -> EnumParser.parse(PrimaryForm.class, text)),
                vf.map(PciAddress::parse),
                consents.stream()
                        .map(text -> EnumParser.parse(Consent.class, text))
                        .collect(Collectors.toSet()));
    }
}
