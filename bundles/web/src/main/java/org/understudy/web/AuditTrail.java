// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.servlet.ServletRequest;
import javax.servlet.http.HttpServletRequest;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Action;
import org.understudy.api.AuditEntry;
import org.understudy.api.AuditEntry.Face;
import org.understudy.api.AuditEntry.Result;
import org.understudy.api.AuditLog;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.Inventory;
import org.understudy.api.UnderstudyException;
import org.understudy.api.Vm;
import org.understudy.api.VmAddress;
import org.understudy.api.VmOnHost;
import org.understudy.api.VmUuid;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.XmlElement;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.web.access.Caller;

/** Makes one audit entry of each request that needs one. Never throws, and never waits for a host or a store. */
@Component(service = AuditTrail.class)
public final class AuditTrail {
    private static final Logger LOG = LoggerFactory.getLogger(AuditTrail.class);
    private static final String OUTCOME = AuditTrail.class.getName() + ".outcome";
    private static final String OBJECT = AuditTrail.class.getName() + ".object";
    private static final String DRY_RUN = AuditTrail.class.getName() + ".dry-run";

    private final List<AuditLog> logs = new CopyOnWriteArrayList<>();
    private final RefusalLimit refusals;
    private final List<Inventory> inventories = new CopyOnWriteArrayList<>();

    /** What an action was done to. */
    record AuditObject(String name, Optional<UUID> uuid, Optional<HostName> host) {
        static final AuditObject NONE = new AuditObject("", Optional.empty(), Optional.empty());

        /** The VM of a definition, by its name and UUID there; without a name if it is not valid. */
        static AuditObject of(String definition, String host) {
            try {
                XmlElement domain = DomainDocument.parse(definition).root();
                return new AuditObject(
                        domain.child("name").map(XmlElement::text).orElse(""),
                        domain.child("uuid").flatMap(uuid -> uuid(uuid.text().strip())),
                        Optional.of(new HostName(host)));
            } catch (UnderstudyException e) {
                // Which the call reports.
                return NONE;
            }
        }

        private static Optional<UUID> uuid(String text) {
            return VmOnHost.withoutHost(text) instanceof VmUuid uuid ? Optional.of(uuid.value()) : Optional.empty();
        }
    }

    /** How a request ended, and what else is worth a record. */
    private record Outcome(Optional<ErrorCode> error, String message) {}

    /** A client, by the interface it uses. */
    record Actor(String user, Face face, Optional<String> address) {
        static Actor of(Caller caller) {
            return new Actor(caller.label(), caller.face(), Optional.of(caller.address()));
        }
    }

    @Activate
    public AuditTrail() {
        this(SystemScheduler.process());
    }

    AuditTrail(Scheduler clock) {
        this.refusals = new RefusalLimit(clock);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void addLog(AuditLog log) {
        logs.add(log);
    }

    void removeLog(AuditLog log) {
        logs.remove(log);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void addInventory(Inventory inventory) {
        inventories.add(inventory);
    }

    void removeInventory(Inventory inventory) {
        inventories.remove(inventory);
    }

    /** Names the VM of a request whose path does not. */
    static void concerns(ServletRequest request, VmAddress vm) {
        request.setAttribute(OBJECT, vm);
    }

    /** Names the VM of a definition. */
    static void concerns(ServletRequest request, AuditObject object) {
        request.setAttribute(OBJECT, object);
    }

    /** Notes further values of a request, such as the destination. No password and no document. */
    static void note(ServletRequest request, String message) {
        request.setAttribute(OUTCOME, new Outcome(Optional.empty(), message));
    }

    /** A request that has shown a change and made none, such as each view of a page with a switch, needs no record. */
    static void dryRun(ServletRequest request) {
        request.setAttribute(DRY_RUN, true);
    }

    /** Notes the error that a request ends with. */
    static void failed(ServletRequest request, ErrorCode error, String message) {
        request.setAttribute(OUTCOME, new Outcome(Optional.of(error), message));
    }

    /** The object that the path of a request names. To be called before the action, which may remove the VM. */
    AuditObject object(HttpServletRequest request) {
        List<String> path = Arrays.stream(
                        Optional.ofNullable(request.getPathInfo()).orElse("").split("/"))
                .filter(part -> !part.isEmpty())
                .skip(2)
                .toList();
        Optional<HostName> host = host(request);
        if (path.size() < 2) {
            return new AuditObject("", Optional.empty(), host);
        }
        return path.get(0).equals("vms")
                ? vm(address(path.get(1), host))
                : new AuditObject(String.join("/", path.subList(1, path.size())), Optional.empty(), host);
    }

    private static VmAddress address(String vm, Optional<HostName> host) {
        return host.<VmAddress>map(on -> new VmOnHost(on, vm)).orElseGet(() -> VmOnHost.withoutHost(vm));
    }

    private static Optional<HostName> host(HttpServletRequest request) {
        try {
            return new RestRequest(request, Map.of()).query("host").map(HostName::new);
        } catch (UnderstudyException e) {
            // Its form is wrong, which the call reports.
            return Optional.empty();
        }
    }

    private AuditObject vm(VmAddress address) {
        List<Vm> known = inventories.stream()
                .flatMap(inventory -> inventory.snapshot().find(address).stream())
                .map(found -> found.value())
                .toList();
        return known.size() == 1
                ? new AuditObject(
                        known.get(0).name().value(),
                        Optional.of(known.get(0).uuid()),
                        Optional.of(known.get(0).host()))
                : new AuditObject(address.toString(), Optional.empty(), Optional.empty());
    }

    /** Records a request that was done. */
    void record(Caller caller, Action action, HttpServletRequest request, AuditObject object) {
        if (request.getAttribute(DRY_RUN) != null) {
            return;
        }
        Outcome outcome =
                request.getAttribute(OUTCOME) instanceof Outcome noted ? noted : new Outcome(Optional.empty(), "");
        Object named = request.getAttribute(OBJECT);
        AuditObject actual =
                named instanceof AuditObject known ? known : named instanceof VmAddress address ? vm(address) : object;
        record(Actor.of(caller), action, actual, outcome.error(), outcome.message());
    }

    /** Records an action through any interface of this bundle. */
    void record(Actor actor, Action action, AuditObject object, Optional<ErrorCode> error, String message) {
        if (!action.isAudited()) {
            return;
        }
        String omitted = "";
        if (error.equals(Optional.of(ErrorCode.ROLE_MISSING))) {
            OptionalLong before = refusals.admit(actor.user());
            if (before.isEmpty()) {
                return;
            }
            omitted = before.getAsLong() == 0 ? "" : "; earlier refusals without an entry: " + before.getAsLong();
        }
        AuditEntry entry = new AuditEntry(
                UUID.randomUUID(),
                Instant.now(),
                actor.user(),
                actor.face(),
                actor.address(),
                action,
                object.name(),
                object.uuid(),
                object.host(),
                error.map(Result::of).orElse(Result.ACCEPTED),
                error,
                message + omitted);
        for (AuditLog log : logs) {
            try {
                log.record(entry);
            } catch (RuntimeException e) {
                LOG.error(
                        "Audit log {}: unhandled exception, an entry is lost",
                        log.getClass().getName(),
                        e);
            }
        }
    }
}
