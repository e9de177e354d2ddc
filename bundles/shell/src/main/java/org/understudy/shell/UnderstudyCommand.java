// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.console.Session;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.AuditLog;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.Inventory;
import org.understudy.api.JsonView;
import org.understudy.api.UnderstudyException;

/** What all commands share: output as text or JSON, and the form of errors. */
abstract class UnderstudyCommand implements Action {
    /** The part of each {@code --help} that explains the exit status. */
    static final String EXIT_STATUS = "classpath:exit-status.txt";

    private static final Logger LOG = LoggerFactory.getLogger(UnderstudyCommand.class);

    @Option(name = "--json", description = "Print one JSON document")
    boolean json;

    @Reference
    JsonView view;

    @Reference
    Session session;

    @Reference
    List<AuditLog> auditLogs = List.of();

    @Reference
    List<Inventory> inventories = List.of();

    /** Runs the command and prints the result. Returns the exit status. */
    abstract int run();

    /** Null for success, because Karaf prints any other result. */
    @Override
    public final Object execute() {
        int status = runOrPrintError();
        return status == 0 ? null : status;
    }

    private int runOrPrintError() {
        CommandAudit audit = new CommandAudit(auditLogs, inventories);
        CommandAudit.CommandObject object = CommandAudit.CommandObject.named("");
        try {
            TrailingOptions.apply(this);
            object = object(audit);
            int status = run();
            audit.record(action(), made().orElse(object), refusal(status), note());
            return status;
        } catch (UnderstudyException e) {
            audit.record(action(), object, Optional.of(e.code()), e.getMessage());
            return printError(e.code(), e.getMessage(), e.findings());
        } catch (RuntimeException e) {
            LOG.error("Command {} failed", getClass().getSimpleName(), e);
            audit.record(action(), object, Optional.of(ErrorCode.INTERNAL), String.valueOf(e));
            return printError(ErrorCode.INTERNAL, String.valueOf(e), List.of());
        }
    }

    /** A command that ends with this status has printed its findings, and changed nothing. */
    private static Optional<ErrorCode> refusal(int status) {
        return status == ErrorCode.REFUSED_BY_FINDINGS.exitCode()
                ? Optional.of(ErrorCode.REFUSED_BY_FINDINGS)
                : Optional.empty();
    }

    /** What the command does with its options. */
    org.understudy.api.Action action() {
        return getClass().getAnnotation(Performs.class).value();
    }

    /** What the command is about, for the audit log. */
    CommandAudit.CommandObject object(CommandAudit audit) {
        return CommandAudit.CommandObject.named("");
    }

    /** What the command has made, and is about instead. */
    Optional<CommandAudit.CommandObject> made() {
        return Optional.empty();
    }

    /** Further values of the command for the audit log, such as the destination. No password and no document. */
    String note() {
        return "";
    }

    /** Errors go to standard output: Karaf's ssh server does not carry a command's standard error. */
    private int printError(ErrorCode code, String detail, List<Finding> findings) {
        if (json) {
            Map<String, Object> error = new LinkedHashMap<>();
            error.put("code", code);
            error.put("detail", detail);
            error.put("remedy", code.remedy());
            error.put("findings", findings);
            out().println(view.write(Map.of("error", error)));
        } else {
            out().println("Error: " + detail);
            TextView.findings(out(), findings);
            out().println("Remedy: " + code.remedy());
        }
        return code.exitCode();
    }

    /**
     * The value of an argument that the command requires. Karaf's own check would end with status 1.
     *
     * @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT} without a value
     */
    static String given(String argument, String value) {
        if (value.isEmpty()) {
            throw new UnderstudyException(
                    ErrorCode.INVALID_ARGUMENT, "Argument '" + argument + "' is missing; --help lists the arguments");
        }
        return value;
    }

    final PrintStream out() {
        return session.getConsole();
    }

    /** Prints a value as JSON, or else as the given text does. */
    final void print(Object value, Runnable asText) {
        if (json) {
            out().println(view.write(value));
        } else {
            asText.run();
        }
    }

    /** Prints findings. The exit status shows whether one of them is an error. */
    final int answer(List<Finding> findings, String ifNone) {
        print(findings, () -> {
            TextView.findings(out(), findings);
            if (findings.isEmpty()) {
                out().println(ifNone);
            }
        });
        return Finding.anyBlocking(findings) ? ErrorCode.REFUSED_BY_FINDINGS.exitCode() : 0;
    }
}
