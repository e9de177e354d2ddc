// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/**
 * Why something could not be done: the one table from error to HTTP status, exit status and remedy.
 *
 * <p>Exit statuses follow this order: 2 the call was wrong, 3 the thing does not exist, 4 refused in the present state,
 * 5 the outside world failed, 6 it was cancelled, 70 a defect of Understudy.
 */
public enum ErrorCode {
    /** A value of the call has the wrong form or is out of range. */
    INVALID_ARGUMENT(400, 2, "Correct the value named in the message."),
    /** The document is not well-formed domain XML. */
    MALFORMED_XML(400, 2, "Correct the XML at the line and column named in the message."),
    /** The document has a document type declaration, or is too large. */
    XML_REFUSED(400, 2, "Remove the document type declaration, or make the document smaller."),
    /** The bytes of the document and its encoding do not agree. */
    ENCODING_WRONG(
            400,
            2,
            "Save the document in the encoding that its XML declaration names, UTF-8 if it names none, or correct the declaration."),
    /** A key of the configuration has a wrong value. */
    CONFIGURATION_INVALID(400, 2, "Correct the key named in the message; the last good configuration stays in use."),
    /** The call has no login, or a wrong one. */
    UNAUTHORIZED(401, 4, "Log in as a user with the role 'admin'."),
    /** The host does not allow the call to this server's user. */
    NOT_PERMITTED(
            403,
            4,
            "Allow it on that host (understudy-vf's ACL file, libvirt's access rules), or let this server run as a user who may."),
    /** No host has the VM. */
    VM_NOT_FOUND(404, 3, "List the VMs with understudy:vm-list."),
    /** The configuration does not have the host. */
    HOST_NOT_FOUND(404, 3, "Name a host of etc/understudy.yaml; understudy:doctor lists them."),
    /** This server does not know the migration. */
    MIGRATION_NOT_FOUND(404, 3, "List the migrations with understudy:migration-list."),
    /** The VM does not have the NIC. */
    NIC_NOT_FOUND(404, 3, "List the NICs with understudy:vm-show."),
    /** Another VM has the name. */
    VM_EXISTS(409, 4, "Choose another name, or undefine the VM first."),
    /** The VM is not in a state in which this is possible. */
    WRONG_VM_STATE(409, 4, "Bring the VM to the state named in the message first."),
    /** The VM is being migrated. */
    MIGRATION_IN_PROGRESS(409, 4, "Wait for the running migration, or cancel it."),
    /** The state changed in the meantime. */
    ILLEGAL_TRANSITION(409, 4, "Reload the state and try again; report it if it happens twice."),
    /** Findings of severity ERROR prevent it; see {@link UnderstudyException#findings}. */
    REFUSED_BY_FINDINGS(422, 4, "Mend the findings of severity ERROR and try again."),
    /** The call was cancelled or interrupted. */
    CANCELLED(409, 6, "Start it again when it is wanted."),
    /** The connector does not have this function. */
    NOT_SUPPORTED(501, 4, "See docs/ for what this connector supports."),
    /** QEMU ended before the VM ran. */
    QEMU_START_FAILED(502, 5, "Read the last lines of QEMU's stderr in the message."),
    /** QEMU refused a command. */
    QMP_ERROR(502, 5, "Read QEMU's own message; the command and its class are named."),
    /** The other end of the monitor's socket does not speak QMP. */
    QMP_PROTOCOL(502, 5, "Check that the socket belongs to a QEMU monitor of version 4.2 or newer."),
    /** The connection to QEMU's monitor is lost. */
    QMP_DISCONNECTED(502, 5, "The QEMU process ended or its monitor closed; see the VM's log."),
    /** libvirt refused a call. */
    LIBVIRT_ERROR(502, 5, "Read libvirt's own message; the call and libvirt's error number are named."),
    /** A VF could not be set up or restored. */
    VF_FAILED(502, 5, "Read the reason in the message, and look at the VF with understudy:vf-list."),
    /** The host does not answer; whether a call was carried out is not known. */
    HOST_UNAVAILABLE(503, 5, "Check that the host is up and reachable, then try again."),
    /** The call took longer than its deadline; whether it was carried out is not known. */
    DEADLINE_EXCEEDED(504, 5, "Raise the deadline in etc/understudy.yaml if the host is only slow."),
    /** A file or folder of this server could not be read or written. */
    IO_FAILED(500, 5, "Check the file or folder named in the message: space, owner, permissions."),
    /** A defect of Understudy. */
    INTERNAL(500, 70, "Report this with the log; it is a defect of Understudy.");

    private final int httpStatus;
    private final int exitCode;
    private final String remedy;

    ErrorCode(int httpStatus, int exitCode, String remedy) {
        this.httpStatus = httpStatus;
        this.exitCode = exitCode;
        this.remedy = remedy;
    }

    /** {@return the HTTP status a REST call answers with} */
    public int httpStatus() {
        return httpStatus;
    }

    /** {@return the exit status of a shell command, 1 to 125} */
    public int exitCode() {
        return exitCode;
    }

    /** {@return one sentence that names what the user can do} */
    public String remedy() {
        return remedy;
    }
}
