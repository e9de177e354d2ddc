// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.edit;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.understudy.api.Alias;
import org.understudy.api.Consent;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.NicSelector;
import org.understudy.api.PairChange;
import org.understudy.api.PairChange.Effect;
import org.understudy.api.PairRequest;
import org.understudy.api.Policy.PoolPolicy;
import org.understudy.api.PoolName;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.Edits;
import org.understudy.api.xml.XmlElement;
import org.understudy.core.definition.PciBuses;
import org.understudy.core.definition.RecordedConsents;

/** Adds pairs to a definition and removes them. A refusal is a finding and does not change the document. */
public final class PairEditor {

    /**
     * Makes a NIC a pair. An existing pair stays as it is, with a finding if it differs from the request.
     *
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#MALFORMED_XML}, {@link
     *     org.understudy.api.ErrorCode#XML_REFUSED}
     */
    public PairChange turnOn(String definition, PairRequest request, PlanContext context) {
        DomainDocument document = DomainDocument.parse(definition);
        List<Finding> findings = new ArrayList<>();
        NicSelection nics = new NicSelection(document, context.vfNetworks());
        Optional<XmlElement> nic = nics.select(request.nic(), findings);
        if (nic.isEmpty()) {
            return unchanged(definition, findings);
        }
        Optional<XmlElement> primary = nics.primaryOf(nic.get());
        if (primary.isPresent()) {
            findings.addAll(ExistingPair.of(document, primary.get()).differences(request));
            return findings.isEmpty() ? withConsents(document, nic.get(), request) : unchanged(definition, findings);
        }
        PlatformEligibility platform = new PlatformEligibility(document);
        platform.checkNic(nic.get(), context.vfNetworks(), findings);
        platform.checkMachine(request.consents(), findings);
        Optional<PoolPolicy> pool = new PoolSelection(context.policy()).choose(nic.get(), request, findings);
        OptionalInt rootPort = PciBuses.free(document, findings);
        if (pool.isEmpty() || rootPort.isEmpty() || Finding.anyBlocking(findings)) {
            return unchanged(definition, findings);
        }
        String changed = new PairWriter(document).build(nic.get(), request, pool.get(), rootPort.getAsInt());
        return new PairChange(true, Effect.AT_NEXT_START, findings, changed);
    }

    /** Records the consents of the request for an existing pair of Understudy. */
    private static PairChange withConsents(DomainDocument document, XmlElement standby, PairRequest request) {
        Set<Consent> consents = new HashSet<>(PairWriter.consents(standby, request));
        consents.removeAll(RecordedConsents.of(document, standby));
        Optional<XmlElement> element = standby.childAttribute("alias", "name")
                .flatMap(alias -> PairRequestRecord.element(document, alias))
                .filter(known -> !consents.isEmpty());
        if (element.isEmpty()) {
            return unchanged(document.text(), List.of());
        }
        Edits edits = new Edits(document);
        RecordedConsents.add(edits, element.get(), consents);
        return new PairChange(true, Effect.NONE, List.of(), edits.apply());
    }

    /**
     * Restores the primary of each requested pair that has only its standby NIC, from the pool of the pair. If that is not
     * possible, a finding has the reason and the pair stays as it is.
     */
    public PairChange complete(String definition, PlanContext context) {
        List<Finding> findings = new ArrayList<>();
        String completed = definition;
        for (PairRequestRecord requestRecord : PairRequestRecord.all(DomainDocument.parse(definition))) {
            List<Finding> obstacles = new ArrayList<>();
            completed = complete(completed, requestRecord, context, obstacles);
            findings.addAll(obstacles);
        }
        boolean changed = !completed.equals(definition);
        return new PairChange(changed, changed ? Effect.AT_NEXT_START : Effect.NONE, findings, completed);
    }

    private static String complete(
            String definition, PairRequestRecord requestRecord, PlanContext context, List<Finding> obstacles) {
        DomainDocument document = DomainDocument.parse(definition);
        NicSelection nics = new NicSelection(document);
        Optional<XmlElement> standby = nics.standby(requestRecord.standby())
                .filter(nic -> nics.primaryOf(nic).isEmpty());
        if (standby.isEmpty()) {
            return definition;
        }
        PairRequest request = new PairRequest(
                new NicSelector.ByAlias(new Alias(requestRecord.standby())),
                Optional.of(new PoolName(requestRecord.pool())),
                Optional.empty(),
                Optional.empty(),
                Set.of());
        Optional<PoolPolicy> pool = new PoolSelection(context.policy()).choose(standby.get(), request, obstacles);
        OptionalInt rootPort = PciBuses.free(document, obstacles);
        return pool.isEmpty() || rootPort.isEmpty() || Finding.anyBlocking(obstacles)
                ? definition
                : new PairWriter(document)
                        .complete(standby.get(), request, pool.get(), requestRecord, rootPort.getAsInt());
    }

    /**
     * Removes a pair that {@link #turnOn} added, restores what it changed, and keeps everything else. A changed machine type
     * is kept, with a warning, once a host has assigned addresses of the new machine type to devices. The selector may
     * select either half. A NIC without a pair stays as it is. A pair of other origin is refused with a finding, because
     * its former definition is not recorded.
     */
    public PairChange turnOff(String definition, NicSelector selector) {
        DomainDocument document = DomainDocument.parse(definition);
        List<Finding> findings = new ArrayList<>();
        NicSelection nics = new NicSelection(document);
        Optional<XmlElement> nic = nics.selectForRemoval(selector, findings);
        if (nic.isEmpty() || nic.get().child("teaming").isEmpty()) {
            return unchanged(definition, findings);
        }
        String alias = nic.get().childAttribute("alias", "name").orElse("");
        Optional<PairRequestRecord> requestRecord = PairRequestRecord.of(document, alias);
        if (requestRecord.isEmpty()) {
            String subject = nic.get().name() + " " + (alias.isEmpty() ? "without an alias" : alias);
            findings.add(Finding.of(
                    FindingCode.RESTORE_IMPOSSIBLE,
                    subject,
                    "Pair of " + subject + " was not created by Understudy, so the former definition is unknown",
                    "Remove <teaming> from the interface and the device with <teaming type='transient' persistent='"
                            + alias + "'> by hand."));
            return unchanged(definition, findings);
        }
        String changed = new PairRemover(document, requestRecord.get(), findings).remove(nic.get());
        return new PairChange(true, Effect.AT_NEXT_START, findings, changed);
    }

    private static PairChange unchanged(String definition, List<Finding> findings) {
        return new PairChange(false, Effect.NONE, findings, definition);
    }
}
