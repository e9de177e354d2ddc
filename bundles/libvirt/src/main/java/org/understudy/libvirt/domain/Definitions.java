// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.domain;

import java.util.Optional;
import org.libvirt.Domain;
import org.libvirt.Error.ErrorNumber;
import org.libvirt.LibvirtException;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.XmlElement;
import org.understudy.libvirt.connect.LibvirtConnection;

/** Domain XML as libvirt keeps it. */
public final class Definitions {
    /** Source: virDomainXMLFlags. Without it passwords are missing, and what is written back would lose them. */
    private static final int SECURE = 1;

    private static final int INACTIVE = 2;

    /** Only what another host can take: without what libvirt made up for this one. */
    private static final int MIGRATABLE = 8;

    /** Saved memory and snapshots go with the VM. Source: virDomainUndefineFlagsValues. */
    private static final int UNDEFINE_STATE = 1 | 2;

    /** NVRAM and checkpoints as well; not every driver knows these. */
    private static final int UNDEFINE_ALL = UNDEFINE_STATE | 4 | 16;

    private final LibvirtConnection connection;
    private final Domains domains;

    public Definitions(LibvirtConnection connection, Domains domains) {
        this.connection = connection;
        this.domains = domains;
    }

    public String configured(VmName vm) {
        return domains.ask("read the definition of", vm, d -> d.getXMLDesc(SECURE | INACTIVE));
    }

    /** Empty if the VM is off. */
    public Optional<String> live(VmName vm) {
        return domains.ask(
                "read the live definition of",
                vm,
                d -> d.isActive() == 1 ? Optional.of(d.getXMLDesc(SECURE | MIGRATABLE)) : Optional.empty());
    }

    /** With what libvirt chose for this run, such as VFs from its networks; empty if the VM is off. */
    public Optional<String> actual(VmName vm) {
        return domains.ask(
                "read the live definition of",
                vm,
                d -> d.isActive() == 1 ? Optional.of(d.getXMLDesc(SECURE)) : Optional.empty());
    }

    /**
     * Stores a definition; libvirt fills in what is missing.
     *
     * @throws UnderstudyException {@link ErrorCode#VM_EXISTS} if another VM has this name, or libvirt's reason
     */
    public VmName define(String definition) {
        requireFree(DomainDocument.parse(definition).root());
        return connection.ask("define a VM", c -> {
            Domain defined = c.domainDefineXML(definition);
            try {
                return new VmName(defined.getName());
            } finally {
                defined.free();
            }
        });
    }

    /** libvirt itself gives no error number of its own for this. */
    private void requireFree(XmlElement domain) {
        Optional<String> uuid = domain.child("uuid").map(XmlElement::content).map(String::strip);
        domain.child("name")
                .flatMap(name -> domains.find(new VmName(name.content().strip())))
                .filter(there -> !uuid.equals(Optional.of(there.uuid().toString())))
                .ifPresent(there -> {
                    throw new UnderstudyException(
                            ErrorCode.VM_EXISTS, "VM %s exists with UUID %s".formatted(there.name(), there.uuid()));
                });
    }

    /** Takes with it what belongs to the definition, as far as the host's driver knows how to. */
    public void undefine(VmName vm) {
        domains.notifyListeners("undefine", vm, Definitions::undefine);
    }

    private static void undefine(Domain domain) throws LibvirtException {
        try {
            domain.undefine(UNDEFINE_ALL);
        } catch (LibvirtException e) {
            // What libvirt answers to a flag it does not know.
            if (e.getError().getCode() != ErrorNumber.VIR_ERR_INVALID_ARG) {
                throw e;
            }
            domain.undefine(UNDEFINE_STATE);
        }
    }
}
