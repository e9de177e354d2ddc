// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.util.List;
import java.util.Optional;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.MigrationId;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmState;
import org.understudy.api.spi.OutgoingMigration;

/**
 * What both hosts of a migration answer about its VM now: whether another migration has it, and what an admin may do. A
 * migration changes only what is proven to be its own, and an admin is advised to start the VM only where no host runs it.
 */
public final class VmAnswers {
    /** Whose migration the source sends. */
    private enum Sender {
        NONE,
        THIS,
        OTHER,
        /** The source does not record it, and the destination does not answer. */
        UNKNOWN
    }

    private final MigrationRequest request;
    private final boolean marked;
    private final HostAnswer source;
    private final HostAnswer destination;
    private final Sender sender;
    private final Optional<MigrationId> sent;

    private VmAnswers(MigrationRequest request, Definitions definitions, boolean marked) {
        this.request = request;
        this.marked = marked;
        this.source = HostAnswer.of(request.source(), request.vm(), definitions);
        this.destination = HostAnswer.of(request.destination(), request.vm(), definitions);
        Optional<OutgoingMigration> outgoing = outgoing();
        this.sent = outgoing.flatMap(OutgoingMigration::migration);
        this.sender = outgoing.map(o -> sender()).orElse(Sender.NONE);
    }

    /**
     * Asks both hosts. Blocks for their answers, up to their deadlines.
     *
     * @param marked whether the live definition on the destination has the mark of this migration
     */
    public static VmAnswers of(MigrationRequest request, Definitions definitions, boolean marked) {
        return new VmAnswers(request, definitions, marked);
    }

    private Optional<OutgoingMigration> outgoing() {
        if (!source.hasQemu()) {
            return Optional.empty();
        }
        try {
            return request.source()
                    .outgoing(request.vm())
                    .filter(o -> !o.progress().phase().isOver());
        } catch (UnderstudyException e) {
            // It has ended meanwhile, or the host is away, and its answer to the next call shows that.
            return Optional.empty();
        }
    }

    /** A host that does not record whose migration it sends has one at a time, and the mark on the destination decides. */
    private Sender sender() {
        if (sent.isEmpty() && destination.failure().isPresent()) {
            return Sender.UNKNOWN;
        }
        boolean own = sent.map(request.id()::equals).orElseGet(this::hasArrivedOrArrives);
        return own || !marked && sent.isEmpty() ? Sender.THIS : Sender.OTHER;
    }

    public HostAnswer source() {
        return source;
    }

    public HostAnswer destination() {
        return destination;
    }

    /** Whether the source sends this migration. */
    public boolean isSent() {
        return sender == Sender.THIS;
    }

    /** Whether the source sends a migration that may be another one. */
    public boolean mayBeSentByOther() {
        return sender == Sender.OTHER || sender == Sender.UNKNOWN;
    }

    /** Whether the destination has a QEMU of the VM that was started for this migration. */
    public boolean hasArrivedOrArrives() {
        return destination.hasQemu() && isOwn(destination.mark(), request.id(), marked);
    }

    static boolean isOwn(Optional<MigrationId> mark, MigrationId id, boolean marked) {
        return mark.map(id::equals).orElse(!marked);
    }

    /** The finding about another migration that has the VM; empty if none has it. */
    public Optional<Finding> otherMigration() {
        boolean foreign = destination.hasQemu() && !hasArrivedOrArrives();
        if (foreign && destination.is(VmState.INCOMING)) {
            return Optional.of(underWay("host " + destination.host() + " receives it", destination.mark()));
        }
        if (sender == Sender.OTHER) {
            return Optional.of(underWay("host " + source.host() + " sends it", sent));
        }
        return foreign && !source.is(VmState.RUNNING) ? Optional.of(moved()) : Optional.empty();
    }

    private Finding underWay(String what, Optional<MigrationId> by) {
        return finding(
                "Another migration of VM " + request.vm() + " is under way: " + what + " (" + name(by) + ")",
                "Wait until that migration has ended, and show it with \"understudy:migration-list\" on its server; hosts: "
                        + this + ".");
    }

    private Finding moved() {
        return finding(
                "VM " + request.vm() + " is on host " + destination.host() + ", where another migration brought it ("
                        + name(destination.mark()) + ")",
                "Leave the VM on host " + destination.host() + "; hosts: " + this + ".");
    }

    private Finding finding(String message, String remedy) {
        return Finding.of(FindingCode.OTHER_MIGRATION, request.subject(), message, remedy);
    }

    private static String name(Optional<MigrationId> by) {
        return by.map(id -> "migration " + id + " of another server").orElse("started by another program or server");
    }

    /** The next step for a VM that has stopped on the source. */
    public String startOnSource() {
        return start(source, destination);
    }

    /** The next step for a VM that has stopped on the destination. */
    public String startOnDestination() {
        return start(destination, source);
    }

    private String start(HostAnswer here, HostAnswer there) {
        return here.is(VmState.SHUTOFF) && there.isOff()
                ? "Start the VM on host " + here.host() + "; its definition is still there (" + this + ")."
                : find();
    }

    /** The next step where it is open on which host the VM is to run. */
    public String find() {
        return List.of(destination, source).stream()
                .filter(answer -> answer.is(VmState.RUNNING))
                .findFirst()
                .map(answer -> "Leave the VM on host " + answer.host() + ", where it runs (" + this + ").")
                .orElseGet(() -> "Find the host on which the VM runs with \"understudy:vm-show " + request.vm()
                        + "\" before you start it on any host (" + this + ").");
    }

    /** The answers of both hosts, such as {@code alpha: shut off; beta: running}. */
    @Override
    public String toString() {
        return source + "; " + destination;
    }
}
