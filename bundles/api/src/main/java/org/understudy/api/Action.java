// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/**
 * What a user can do through any interface, with the role that it needs. This is the only such table: REST, events, console,
 * shell and hooks are checked against it.
 *
 * <p>An operator runs VMs, but defines none: a definition names any file and device of its host, so the right to change one
 * is the right to read and write the whole host.
 */
public enum Action {
    /** Reads hosts, VMs, pairs, pools, VFs, migrations, findings and events; checks a VM or a document. */
    VIEW(Role.VIEWER),
    /** Reads the audit log, which names users and their addresses. Viewers may, because a VM without its history is unclear. */
    READ_AUDIT(Role.VIEWER),
    /** Starts, stops, pauses, resumes or resets a VM. */
    POWER(Role.OPERATOR),
    /** Starts a migration. */
    MIGRATE(Role.OPERATOR),
    /** Cancels a migration. */
    CANCEL(Role.OPERATOR),
    /** Checks and completes a definition for a manager, and leases VFs for it. The manager defines the VM by its own rights. */
    PROVISION(Role.OPERATOR),
    /** Runs a program in a guest that reads its network configuration. */
    CHECK_GUEST(Role.OPERATOR),
    /** Adds or removes a pair, which changes the definition of the VM. */
    PAIR(Role.ADMIN),
    /** Defines a VM or changes its definition. */
    DEFINE(Role.ADMIN),
    /** Removes a VM from its host. */
    UNDEFINE(Role.ADMIN),
    /** Reads the definition of a VM, which may contain passwords. */
    READ_DEFINITION(Role.ADMIN),
    /** Reads a file of the server, such as one with a definition to check. */
    READ_FILE(Role.ADMIN),
    /** Lists, creates or revokes tokens, which outlive the password of their creator. */
    TOKENS(Role.ADMIN),
    /** Calls a host for another server, without a change. */
    PEER_READ(Role.PEER),
    /** Changes a VM for another server, which has checked the role of its user. */
    PEER_CHANGE(Role.PEER);

    private final Role role;

    Action(Role role) {
        this.role = role;
    }

    /** {@return the role that the action needs} */
    public Role role() {
        return role;
    }

    /** {@return whether each call is recorded in the {@link AuditLog}: changes, and what reads secrets} */
    public boolean isAudited() {
        return role != Role.VIEWER && this != PEER_READ;
    }
}
