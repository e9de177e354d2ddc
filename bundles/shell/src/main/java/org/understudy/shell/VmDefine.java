// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.List;
import java.util.Optional;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.FileCompleter;
import org.understudy.api.Action;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.HostName;
import org.understudy.api.HostView;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VirtualMachines;
import org.understudy.api.Vm;
import org.understudy.api.VmOnHost;
import org.understudy.api.xml.DomainDocument;

@Service
@Performs(Action.DEFINE)
@Command(
        scope = "understudy",
        name = "vm-define",
        description = "Define a VM from libvirt domain XML",
        detailedDescription = UnderstudyCommand.EXIT_STATUS)
public final class VmDefine extends UnderstudyCommand {
    @Argument(
            index = 1,
            name = "options",
            description = "Options may also follow the arguments",
            multiValued = true,
            valueToShowInHelp = "")
    @Completion(OptionCompleter.class)
    List<String> trailing = List.of();

    @Argument(index = 0, name = "file", description = "File on the server", valueToShowInHelp = "")
    @Completion(FileCompleter.class)
    String file = "";

    @Option(name = "-", description = "Read standard input instead of a file")
    boolean standardInput;

    @Option(
            name = "--host",
            description = "Host of the VM; required if the configuration has several",
            valueToShowInHelp = "")
    @Completion(HostCompleter.class)
    String host = "";

    @Reference
    VirtualMachines vms;

    private Optional<Vm> defined = Optional.empty();

    @Override
    CommandAudit.CommandObject object(CommandAudit audit) {
        Optional<HostName> on =
                Optional.of(host).filter(text -> !text.isEmpty()).map(HostName::new);
        return new CommandAudit.CommandObject(standardInput ? "" : file, Optional.empty(), on);
    }

    @Override
    int run() {
        if (file.isEmpty() != standardInput) {
            throw new UnderstudyException(ErrorCode.INVALID_ARGUMENT, "Name either a file or - for standard input");
        }
        HostName on = host();
        String document = Documents.read(session, standardInput ? "-" : file);
        List<Finding> findings = vms.define(on, document);
        defined = find(on, document);
        return answer(findings, "Defined.");
    }

    /** For the audit log alone: the VM is defined, so a host that does not answer now fails nothing. */
    private Optional<Vm> find(HostName on, String document) {
        try {
            return DomainDocument.parse(document)
                    .root()
                    .child("name")
                    .map(name -> vms.show(new VmOnHost(on, name.text())));
        } catch (UnderstudyException e) {
            return Optional.empty();
        }
    }

    @Override
    Optional<CommandAudit.CommandObject> made() {
        return defined.map(CommandAudit.CommandObject::of);
    }

    private HostName host() {
        if (!host.isEmpty()) {
            return new HostName(host);
        }
        List<HostName> all = vms.hosts().stream().map(HostView::name).toList();
        if (all.size() != 1) {
            throw new UnderstudyException(ErrorCode.INVALID_ARGUMENT, "--host must name one of " + all);
        }
        return all.get(0);
    }
}
