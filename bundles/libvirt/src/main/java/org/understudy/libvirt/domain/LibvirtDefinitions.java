// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.domain;

import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import org.libvirt.Domain;
import org.libvirt.Error.ErrorNumber;
import org.libvirt.LibvirtException;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.XmlElement;
import org.understudy.libvirt.connect.LibvirtConnection;

/** Reads and stores domain XML in libvirt. */
public final class LibvirtDefinitions {
    /** Source: virDomainXMLFlags. Without it passwords are missing and would be lost at the next define. */
    private static final int SECURE = 1;

    private static final int INACTIVE = 2;

    /** Omits what libvirt generated for this host. */
    private static final int MIGRATABLE = 8;

    /** Also removes saved memory and snapshot metadata. Source: virDomainUndefineFlagsValues. */
    private static final int UNDEFINE_STATE = 1 | 2;

    /** Also NVRAM and checkpoint metadata; not every driver supports these. */
    private static final int UNDEFINE_ALL = UNDEFINE_STATE | 4 | 16;

    private final LibvirtConnection connection;
    private final Domains domains;

    public LibvirtDefinitions(LibvirtConnection connection, Domains domains) {
        this.connection = connection;
        this.domains = domains;
    }

    public String configured(VmName vm) {
        return domains.call("read the definition of", vm, LibvirtDefinitions::configured);
    }

    private static String configured(Domain domain) throws LibvirtException {
        return domain.getXMLDesc(SECURE | INACTIVE);
    }

    /** Empty if the VM is shut off. */
    public Optional<String> live(VmName vm) {
        return domains.call("read the live definition of", vm, LibvirtDefinitions::live);
    }

    private static Optional<String> live(Domain domain) throws LibvirtException {
        return domain.isActive() == 1 ? Optional.of(domain.getXMLDesc(SECURE | MIGRATABLE)) : Optional.empty();
    }

    /** Those that can be read. */
    public Map<VmName, Host.VmDefinitions> all(Collection<VmName> vms) {
        return domains.callEach(
                "read the definitions of the VMs",
                vms,
                domain -> new Host.VmDefinitions(configured(domain), live(domain)));
    }

    /** Includes what libvirt chose for this run, such as VFs of its networks; empty if the VM is shut off. */
    public Optional<String> actual(VmName vm) {
        return domains.call(
                "read the live definition of",
                vm,
                d -> d.isActive() == 1 ? Optional.of(d.getXMLDesc(SECURE)) : Optional.empty());
    }

    /**
     * Stores a definition; libvirt completes it.
     *
     * @throws UnderstudyException {@link ErrorCode#VM_EXISTS} if another VM has this name, or libvirt's reason
     */
    public VmName define(String definition) {
        requireFree(DomainDocument.parse(definition).root());
        return connection.call("define a VM", c -> {
            Domain defined = c.domainDefineXML(definition);
            try {
                return new VmName(defined.getName());
            } finally {
                defined.free();
            }
        });
    }

    /** libvirt has no distinct error number for this. */
    private void requireFree(XmlElement domain) {
        Optional<String> uuid = domain.child("uuid").map(XmlElement::content).map(String::strip);
        domain.child("name")
                .map(XmlElement::text)
                .filter(name -> !name.isEmpty())
                .flatMap(name -> domains.find(new VmName(name)))
                .filter(existing -> !uuid.equals(Optional.of(existing.uuid().toString())))
                .ifPresent(existing -> {
                    throw new UnderstudyException(
                            ErrorCode.VM_EXISTS,
                            "VM %s already exists with UUID %s".formatted(existing.name(), existing.uuid()));
                });
    }

    /** Also removes NVRAM, saved memory, snapshots and checkpoints, as far as the host's driver supports it. */
    public void undefine(VmName vm) {
        domains.run("undefine", vm, LibvirtDefinitions::undefine);
    }

    private static void undefine(Domain domain) throws LibvirtException {
        try {
            domain.undefine(UNDEFINE_ALL);
        } catch (LibvirtException e) {
            // libvirt's answer to an unknown flag.
            if (e.getError().getCode() != ErrorNumber.VIR_ERR_INVALID_ARG) {
                throw e;
            }
            domain.undefine(UNDEFINE_STATE);
        }
    }
}
