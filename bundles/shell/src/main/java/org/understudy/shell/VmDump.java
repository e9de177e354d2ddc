// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.List;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.Edits;
import org.understudy.api.xml.XmlBytes;

@Service
@Command(
        scope = "understudy",
        name = "vm-dump",
        description = "Print the domain XML of a VM, byte for byte except for the passwords of its consoles")
public final class VmDump extends VmCommand {
    @Argument(index = 1, name = "options", description = "Options may also follow the arguments", multiValued = true)
    List<String> trailing = List.of();

    @Option(name = "--security-info", description = "Print the passwords too")
    boolean securityInfo;

    @Override
    int run() {
        String stored = vms.definition(vm());
        String definition = securityInfo ? stored : withoutPasswords(stored);
        if (json) {
            out().println(view.write(definition));
        } else {
            // Not in the charset of the terminal: redirected output must be the stored document.
            out().writeBytes(XmlBytes.write(definition));
            out().flush();
        }
        return 0;
    }

    /** As libvirt leaves them out without its flag for them. Source: VIR_DOMAIN_XML_SECURE. */
    private static String withoutPasswords(String definition) {
        DomainDocument document = DomainDocument.parse(definition);
        Edits edits = new Edits(document);
        document.devices("graphics")
                .forEach(graphics -> graphics.attributeAt("passwd").ifPresent(edits::remove));
        return edits.apply();
    }
}
