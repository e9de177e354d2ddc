// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.understudy.api.AuditEntry;
import org.understudy.api.InventoryChange;
import org.understudy.api.JsonView;
import org.understudy.api.Migration;
import org.understudy.api.Pairs.PairChanged;
import org.understudy.api.VmName;

/**
 * The change of one object, for clients.
 *
 * @param kind what has changed
 * @param key identifies the object among those of its kind
 * @param revision increases with each change of the object
 * @param value the object; empty if it is gone
 * @param uuid of the VM that it concerns
 * @param vm the name of that VM
 */
record Event(EventKind kind, String key, long revision, Optional<?> value, Optional<UUID> uuid, Optional<VmName> vm) {

    static Event of(InventoryChange change) {
        Optional<UUID> uuid =
                change instanceof InventoryChange.VmChanged changed ? Optional.of(changed.uuid()) : Optional.empty();
        return new Event(
                EventKind.valueOf(change.kind().name()),
                change.key(),
                change.revision(),
                change.now(),
                uuid,
                Optional.empty());
    }

    static Event of(Migration migration) {
        return new Event(
                EventKind.MIGRATION,
                migration.id().value(),
                migration.revision(),
                Optional.of(migration),
                migration.uuid(),
                Optional.of(migration.vm()));
    }

    static Event of(PairChanged change, long revision) {
        return new Event(
                EventKind.PAIR,
                change.host() + "/" + change.vm() + "/" + change.pair().standby(),
                revision,
                Optional.of(change),
                Optional.empty(),
                Optional.of(change.vm()));
    }

    static Event of(AuditEntry entry) {
        return new Event(EventKind.AUDIT, entry.id().toString(), 1, Optional.of(entry), entry.uuid(), Optional.empty());
    }

    static Event ofConfiguration(Object findings, long revision) {
        return new Event(
                EventKind.CONFIGURATION,
                "configuration",
                revision,
                Optional.of(findings),
                Optional.empty(),
                Optional.empty());
    }

    /** What identifies the object among all. */
    String object() {
        return kind + " " + key;
    }

    /** Whether its revision is one of the inventory as a whole. */
    boolean isInInventory() {
        return EventKind.OF_INVENTORY.contains(kind);
    }

    /** The event in the form of server-sent events, without an ID. */
    byte[] frame(JsonView view) {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("key", key);
        data.put("revision", revision);
        value.ifPresentOrElse(object -> data.put("value", object), () -> data.put("removed", true));
        return frame(EnumParser.word(kind), view.write(data));
    }

    static byte[] frame(String type, String json) {
        return ("event: " + type + "\ndata: " + json + "\n\n").getBytes(StandardCharsets.UTF_8);
    }
}
