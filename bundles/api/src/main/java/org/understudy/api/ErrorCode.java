// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/**
 * The error codes, with the HTTP status, the exit status and the remedy of each.
 *
 * <p>Exit statuses: 2 the call is invalid, 3 the object does not exist, 4 refused in the present state, 5 a host or
 * another system failed, 6 cancelled, 70 a defect of Understudy.
 */
public enum ErrorCode {
    /** A value of the call has an invalid form or is out of range. */
    INVALID_ARGUMENT(400, 2, "Correct the value named in the message."),
    /** The document is not well-formed domain XML. */
    MALFORMED_XML(400, 2, "Correct the XML at the line and column named in the message."),
    /** The document has a document type declaration, or is too large. */
    XML_REFUSED(400, 2, "Remove the document type declaration from the XML, or make the XML smaller."),
    /** The bytes of the document contradict its encoding. */
    ENCODING_WRONG(
            400,
            2,
            "Save the document in the encoding of its XML declaration (UTF-8 by default), or correct the declaration."),
    /** A key of the configuration has an invalid value. */
    CONFIGURATION_INVALID(400, 2, "Correct the key named in the message; the last good configuration stays in use."),
    /** The call has no credentials, or invalid ones. */
    UNAUTHORIZED(
            401, 4, "Log in as a user of etc/users.properties, or send a valid token in the header 'authorization'."),
    /** The user of the call does not have the role that it needs. */
    ROLE_MISSING(
            403,
            4,
            "Log in as a user with the role in the message, or add the role to this user in etc/users.properties."),
    /** The call would send or use a secret in plain text over a network. */
    ENCRYPTION_REQUIRED(403, 4, "Use an https address, or call from the machine of the server (docs/security.md)."),
    /** The client has too many requests whose body has not arrived. */
    TOO_MANY_REQUESTS(429, 4, "Wait until earlier requests of this user have ended (docs/security.md)."),
    /** The body of the request did not arrive in time. */
    REQUEST_TOO_SLOW(408, 4, "Send the body within the limit of docs/security.md."),
    /** Logins of this user from this address have failed repeatedly; the next one is checked later. */
    TOO_MANY_LOGINS(429, 4, "Retry after the time in the message, with a user and password of etc/users.properties."),
    /** The host does not allow the call to this server's user. */
    NOT_PERMITTED(
            403,
            4,
            "Allow it on that host in the ACL file of understudy-vf or in the access rules of libvirt, or run this server as a permitted user."),
    /** The REST interface has no resource at the path. */
    RESOURCE_NOT_FOUND(404, 3, "Use a path of /understudy/api/v1/openapi.json."),
    /** The resource does not have the method. */
    METHOD_NOT_ALLOWED(405, 2, "Use a method of the header 'allow'."),
    /** The client accepts no form that the resource has. */
    NOT_ACCEPTABLE(406, 2, "Send the header 'accept' with the media type in the message."),
    /** The object is not the one that the client has read. */
    PRECONDITION_FAILED(412, 4, "Read the definition again, and repeat the call with its new ETag."),
    /** The body of the call exceeds the limit. */
    BODY_TOO_LARGE(413, 2, "Reduce the body, such as the definition, to the limit in the message."),
    /** The body of the call has a form that the resource does not read. */
    MEDIA_TYPE_UNSUPPORTED(415, 2, "Send the header 'content-type' with a media type of the message."),
    /** Another call of this user has the same key. */
    IDEMPOTENCY_KEY_REUSED(422, 2, "Use a new 'idempotency-key' for each call, and the same one only to repeat it."),
    /** The address and the headers of the call exceed the limit. */
    HEAD_TOO_LARGE(431, 2, "Send fewer or shorter headers, such as 'cookie', and a shorter query."),
    /** The first call with this key has no result yet. */
    CALL_IN_PROGRESS(409, 4, "Repeat the call after the first one with this 'idempotency-key' has ended."),
    /** Too many streams of events are open. */
    TOO_MANY_STREAMS(
            429, 4, "End other streams, such as pages of the console, or read /understudy/api/v1/vms instead."),
    /** A part of the server is starting or stopping. */
    STARTING(503, 5, "Retry after a few seconds; if the error recurs, read the log of the server."),
    /** No host has the VM. */
    VM_NOT_FOUND(404, 3, "List the VMs with understudy:vm-list."),
    /** The host is not configured. */
    HOST_NOT_FOUND(404, 3, "Name a host of etc/understudy.yaml."),
    /** This server does not know the migration. */
    MIGRATION_NOT_FOUND(404, 3, "List the migrations with understudy:migration-list."),
    /** This server does not have the token. */
    TOKEN_NOT_FOUND(404, 3, "List the tokens with understudy:token-list."),
    /** The history does not have the entry. */
    HISTORY_ENTRY_NOT_FOUND(
            404, 3, "List the entries with understudy:history-list; old ones are deleted (docs/history.md)."),
    /** The VM does not have the NIC. */
    NIC_NOT_FOUND(404, 3, "List the NICs with understudy:vm-show."),
    /** Another VM has the name. */
    VM_EXISTS(409, 4, "Choose another name, or undefine the existing VM first."),
    /** Several VMs have the name. */
    VM_AMBIGUOUS(409, 4, "Name the VM as HOST/NAME or by its UUID; both are in the message."),
    /** The operation is not possible in the state of the VM. */
    WRONG_VM_STATE(409, 4, "Change the VM to the state named in the message first."),
    /** The VM is being migrated. */
    MIGRATION_IN_PROGRESS(409, 4, "Wait for the running migration, or cancel it."),
    /** The migration has ended, so that it cannot be cancelled. */
    MIGRATION_ENDED(409, 4, "Read the outcome of the migration; to return the VM, migrate it back."),
    /** The state changed during the operation. */
    ILLEGAL_TRANSITION(409, 4, "Read the state again and retry; if the error recurs, report it with the log."),
    /** Findings of severity ERROR prevent it; see {@link UnderstudyException#findings}. */
    REFUSED_BY_FINDINGS(422, 4, "Resolve the findings of severity ERROR and retry."),
    /** The call was cancelled or interrupted. */
    CANCELLED(409, 6, "Read the state with understudy:vm-list, and repeat the call if it is still needed."),
    /** The connector does not support this operation. */
    NOT_SUPPORTED(501, 4, "See docs/qemu.md and docs/libvirt.md for what the connectors support."),
    /** QEMU exited before the VM ran. */
    QEMU_START_FAILED(502, 5, "Correct the cause in QEMU's stderr, whose last lines are in the message."),
    /** QEMU rejected a command. */
    QMP_ERROR(502, 5, "Correct the cause in QEMU's error, which is in the message with the command."),
    /** The other end of the monitor socket does not speak QMP. */
    QMP_PROTOCOL(502, 5, "Check that the socket belongs to a QEMU monitor of version 4.2 or newer."),
    /** The connection to QEMU's monitor was lost. */
    QMP_DISCONNECTED(502, 5, "Check whether the QEMU process still runs, and read the VM's log."),
    /** libvirt rejected a call. */
    LIBVIRT_ERROR(
            502,
            5,
            "Correct the cause in libvirt's error, which is in the message with the call and the error number."),
    /** A VF could not be set up or restored. */
    VF_FAILED(502, 5, "Correct the cause in the message, and check the VF with understudy:vf-list."),
    /** The host does not answer; whether the call was executed is unknown. */
    HOST_UNAVAILABLE(503, 5, "Check that the host is up and reachable, then retry."),
    /** The call exceeded its deadline; whether it was executed is unknown. */
    DEADLINE_EXCEEDED(504, 5, "Check the host; if it is only slow, raise the deadline in etc/understudy.yaml."),
    /** The store of the history cannot be read; what is recorded meanwhile is stored later. */
    HISTORY_UNAVAILABLE(503, 5, "Correct the cause in the message; understudy:doctor shows the state of the store."),
    /** A file or folder of this server could not be read or written. */
    IO_FAILED(500, 5, "Check space, owner and permissions of the file or folder named in the message."),
    /** A defect of Understudy. */
    INTERNAL(500, 70, "Report this defect of Understudy with the log.");

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

    /** {@return what the user can do, as one sentence} */
    public String remedy() {
        return remedy;
    }
}
