// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.util.List;
import java.util.Optional;
import java.util.Set;
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
 * What a manager outside this JVM asks, all as it wrote it.
 *
 * @param occasion one of {@link Occasion}
 * @param nics those that are to be pairs
 */
record ProvisionRequest(
        String occasion,
        String host,
        String definition,
        List<String> nics,
        Optional<String> pool,
        Optional<String> form,
        Optional<String> vf) {
    /** Reads the JSON object with the names of these parts as its keys. */
    static ProvisionRequest read(String json) {
        JsonFields fields =
                JsonFields.parse(json, Set.of("occasion", "host", "definition", "nics", "pool", "form", "vf"));
        return new ProvisionRequest(
                fields.requiredText("occasion"),
                fields.requiredText("host"),
                fields.requiredText("definition"),
                fields.texts("nics"),
                fields.text("pool"),
                fields.text("form"),
                fields.text("vf"));
    }

    Provisioned ask(NicProvisioning provisioning) {
        HostName there = new HostName(host);
        List<PairRequest> wishes = nics.stream().map(this::request).toList();
        Occasion when = EnumParser.parse(Occasion.class, occasion);
        return when == Occasion.ARRIVING
                ? provisioning.arriving(there, definition, wishes)
                : provisioning.before(when, there, definition, wishes);
    }

    private PairRequest request(String nic) {
        return new PairRequest(
                NicSelector.parse(nic),
                pool.map(PoolName::new),
                form.map(text -> EnumParser.parse(PrimaryForm.class, text)),
                vf.map(PciAddress::parse),
                Set.of());
    }
}
