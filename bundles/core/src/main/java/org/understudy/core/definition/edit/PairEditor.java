// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.edit;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.understudy.api.Alias;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.NicSelector;
import org.understudy.api.PairChange;
import org.understudy.api.PairChange.Effect;
import org.understudy.api.PairRequest;
import org.understudy.api.Policy.PoolPolicy;
import org.understudy.api.PoolName;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.XmlElement;

/** Switches pairs of a definition on and off. A refusal is a finding and leaves the document as it is. */
public final class PairEditor {

    /**
     * Makes a pair of a NIC. A NIC that is one already stays as it is; a finding says so if another one was asked for.
     *
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#MALFORMED_XML}, {@link
     *     org.understudy.api.ErrorCode#XML_REFUSED}
     */
    public PairChange turnOn(String definition, PairRequest request, PlanContext context) {
        DomainDocument document = DomainDocument.parse(definition);
        List<Finding> findings = new ArrayList<>();
        NicSelection nics = new NicSelection(document);
        Optional<XmlElement> nic = nics.select(request.nic(), findings);
        if (nic.isEmpty()) {
            return unchanged(definition, findings);
        }
        Optional<XmlElement> primary = nics.primaryOf(nic.get());
        if (primary.isPresent()) {
            return unchanged(
                    definition, ExistingPair.of(document, primary.get()).differences(request));
        }
        PlatformEligibility platformEligibility = new PlatformEligibility(document);
        platformEligibility.judgeNic(nic.get(), findings);
        platformEligibility.judgeMachine(request.consents(), findings);
        Optional<PoolPolicy> pool = new PoolSelection(context.policy()).choose(nic.get(), request, findings);
        OptionalInt rootPort = PciBuses.free(document, findings);
        if (pool.isEmpty() || rootPort.isEmpty() || Finding.anyBlocking(findings)) {
            return unchanged(definition, findings);
        }
        String changed = new PairWriter(document).build(nic.get(), request, pool.get(), rootPort.getAsInt());
        return new PairChange(true, Effect.AT_NEXT_START, findings, changed);
    }

    /**
     * Puts the primary back of each pair that was asked for and has only its standby NIC left, as one from the pair's pool.
     * Where it cannot be, a finding tells why and the pair stays as it is.
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
     * Takes a pair back that {@link #turnOn} made; what it added goes, what it changed is as before, nothing else moves.
     * A machine type stays changed, with a warning, once a host has given the devices places on the new machine.
     * Either half may be named. A NIC that is in no pair stays as it is. A pair of other origin is left alone with a
     * finding, because nobody noted what was there before it.
     */
    public PairChange turnOff(String definition, NicSelector selector) {
        DomainDocument document = DomainDocument.parse(definition);
        List<Finding> findings = new ArrayList<>();
        NicSelection nics = new NicSelection(document);
        Optional<XmlElement> nic = nics.selectForOff(selector, findings);
        if (nic.isEmpty() || nic.get().child("teaming").isEmpty()) {
            return unchanged(definition, findings);
        }
        String alias = nic.get().childAttribute("alias", "name").orElse("");
        Optional<PairRequestRecord> wish = PairRequestRecord.of(document, alias);
        if (wish.isEmpty()) {
            String subject = nic.get().name() + " " + (alias.isEmpty() ? "without an alias" : alias);
            findings.add(Finding.of(
                    FindingCode.RESTORE_IMPOSSIBLE,
                    subject,
                    "the pair of " + subject + " was not made by Understudy, so what was there before is not known",
                    "remove <teaming> from the interface, and the device with <teaming type='transient' persistent='"
                            + alias + "'>, by hand"));
            return unchanged(definition, findings);
        }
        String changed = new PairRemover(document, wish.get(), findings).remove(nic.get());
        return new PairChange(true, Effect.AT_NEXT_START, findings, changed);
    }

    private static PairChange unchanged(String definition, List<Finding> findings) {
        return new PairChange(false, Effect.NONE, findings, definition);
    }
}
