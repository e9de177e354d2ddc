// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.understudy.api.Alias;
import org.understudy.api.ErrorCode;
import org.understudy.api.MacAddress;
import org.understudy.api.Nic;
import org.understudy.api.NicRole;
import org.understudy.api.PciAddress;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryKind;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.spi.VfSettings;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.PairXml;
import org.understudy.api.xml.PciXml;
import org.understudy.api.xml.XmlElement;

/**
 * The NICs and pairs of a definition. Invalid names, addresses and aliases are left out; the linter reports them. Texts that many
 * VMs have in common are interned.
 *
 * @param uuid empty if the host selects it
 * @param nics as in {@link DomainDocument#nics}
 * @param pairs each pair that has both halves
 */
public record DomainView(VmName name, Optional<UUID> uuid, List<Nic> nics, List<PairView> pairs) {
    private static final int MAX_VLAN = 4094;

    /**
     * A pair of the definition.
     *
     * @param primary the alias of the primary, or its name after the standby NIC if it has none
     * @param pool the pool of the primary, from the definition or the metadata of Understudy
     * @param vf the address of the VF on the host, if the definition has it
     * @param vlan of the standby NIC, otherwise of the primary; 0 for none
     * @param trusted see {@link NicPolicy}, as the two that follow
     * @param numaNode the NUMA node of the host to which the memory of the VM is bound, if it is a single one
     * @param asked whether the metadata has a request for it; otherwise another program may manage it
     */
    public record PairView(
            Alias standby,
            Alias primary,
            MacAddress mac,
            Optional<PoolName> pool,
            PrimaryKind kind,
            Optional<PciAddress> vf,
            int vlan,
            boolean trusted,
            boolean pinsMac,
            OptionalInt maxRate,
            OptionalInt numaNode,
            boolean asked) {

        /** Whether both halves have the same aliases. */
        public boolean isSameAs(PairView other) {
            return primary.equals(other.primary) && standby.equals(other.standby);
        }

        /** This pair with another pool. */
        public PairView from(PoolName other) {
            return new PairView(
                    standby,
                    primary,
                    mac,
                    Optional.of(other),
                    kind,
                    vf,
                    vlan,
                    trusted,
                    pinsMac,
                    maxRate,
                    numaNode,
                    asked);
        }

        /** What the standby NIC requires of its VF. No component, because older journals of migrations lack it. */
        public NicPolicy policy() {
            return new NicPolicy(trusted, pinsMac, maxRate);
        }

        /** The required settings of the VF when QEMU opens it. */
        public VfSettings settings() {
            return policy().settings(mac, vlan, numaNode);
        }
    }

    /** An equal view with the components of another one where these are equal: a server holds the views of all VMs. */
    public DomainView sharing(DomainView other) {
        return new DomainView(
                shared(name, other.name),
                shared(uuid, other.uuid),
                shared(nics, other.nics),
                shared(pairs, other.pairs));
    }

    private static <T> T shared(T own, T other) {
        return own.equals(other) ? other : own;
    }

    /**
     * Whether a VM that runs with this definition has the pair, or can get its primary: a NIC that was started as a
     * standby NIC stays one. libvirt removes a primary that QEMU has unplugged from the live definition.
     */
    public boolean carries(PairView pair) {
        return pairs.stream().anyMatch(pair::isSameAs)
                || nics.stream()
                        .anyMatch(nic -> nic.role() == NicRole.STANDBY
                                && nic.alias().equals(Optional.of(pair.standby()))
                                && nic.mac().equals(Optional.of(pair.mac())));
    }

    /** The pairs of a VM that runs with this definition, including stored pairs that lack only their primary. */
    public List<PairView> pairsWith(DomainView stored) {
        return Stream.concat(
                        pairs.stream(),
                        stored.pairs.stream().filter(p -> pairs.stream().noneMatch(p::isSameAs) && carries(p)))
                .toList();
    }

    /**
     * Reads a definition.
     *
     * @throws UnderstudyException {@link ErrorCode#MALFORMED_XML}, also for a missing name; {@link
     *     ErrorCode#XML_REFUSED}
     */
    public static DomainView of(String definition) {
        DomainDocument document = DomainDocument.parse(definition);
        XmlElement root = document.root();
        // With its blanks, which libvirt keeps.
        String name = root.child("name").map(XmlElement::text).orElse("");
        if (name.isEmpty()) {
            throw new UnderstudyException(ErrorCode.MALFORMED_XML, "The domain has no <name>");
        }
        List<XmlElement> devices = document.nics();
        List<Nic> nics = new ArrayList<>();
        devices.forEach(device -> nics.add(nic(nics.size(), device)));
        Map<String, XmlElement> standbys = byName(
                devices.stream().filter(d -> role(d) == NicRole.STANDBY), d -> d.childAttribute("alias", "name"));
        Map<String, XmlElement> requests = byName(requests(document), request -> request.attribute("standby"));
        OptionalInt numaNode = numaNode(root);
        // Only one of several primaries without alias can be named after their common standby NIC.
        Set<Alias> names = new HashSet<>();
        List<PairView> pairs = devices.stream()
                .filter(device -> role(device) == NicRole.PRIMARY)
                .flatMap(primary -> pair(standbys, requests, numaNode, primary).stream())
                .filter(pair -> names.add(pair.primary()))
                .toList();
        return new DomainView(
                new VmName(name),
                root.child("uuid").map(XmlElement::content).flatMap(DomainView::uuid),
                List.copyOf(nics),
                pairs);
    }

    private static Nic nic(int index, XmlElement device) {
        String type = device.attributeOr("type", "");
        String model = device.childAttribute("model", "type")
                .orElse(device.is("hostdev") || type.equals("hostdev") ? "hostdev" : "");
        String source = (type + " " + source(device)).strip();
        return new Nic(index, alias(device), mac(device), model.intern(), source.intern(), role(device));
    }

    private static String source(XmlElement device) {
        Optional<XmlElement> source = device.child("source");
        return Stream.of("network", "bridge", "dev", "path")
                .flatMap(name -> source.flatMap(s -> s.attribute(name)).stream())
                .findFirst()
                .orElseGet(() ->
                        PciXml.hostAddress(device).map(PciAddress::toString).orElse(""));
    }

    private static NicRole role(XmlElement device) {
        return switch (device.childAttribute("teaming", "type").orElse("")) {
            case "persistent" -> NicRole.STANDBY;
            case "transient" -> NicRole.PRIMARY;
            default -> NicRole.PLAIN;
        };
    }

    private static Optional<PairView> pair(
            Map<String, XmlElement> standbys,
            Map<String, XmlElement> requests,
            OptionalInt numaNode,
            XmlElement primary) {
        String standbyName = primary.childAttribute("teaming", "persistent").orElse("");
        Optional<XmlElement> request = Optional.ofNullable(requests.get(standbyName));
        Optional<XmlElement> standby = Optional.ofNullable(standbys.get(standbyName));
        Optional<Alias> standbyAlias = standby.flatMap(DomainView::alias);
        Optional<MacAddress> mac = standby.flatMap(DomainView::mac);
        Optional<Alias> alias = PairXml.name(primary);
        if (standbyAlias.isEmpty() || mac.isEmpty() || alias.isEmpty()) {
            return Optional.empty();
        }
        NicPolicy policy = NicPolicy.of(standby.get());
        return Optional.of(new PairView(
                standbyAlias.get(),
                alias.get(),
                mac.get(),
                pool(request, primary),
                kind(request, primary),
                PciXml.hostAddress(primary),
                standby.flatMap(DomainView::vlan).or(() -> vlan(primary)).orElse(0),
                policy.trusted(),
                policy.pinsMac(),
                policy.maxRate(),
                numaNode,
                request.isPresent()));
    }

    /** The pair requests that Understudy recorded in the metadata. */
    public static Stream<XmlElement> requests(DomainDocument document) {
        return inMetadata(document, "pair");
    }

    /** Elements of Understudy in the metadata. */
    static Stream<XmlElement> inMetadata(DomainDocument document, String name) {
        return document.root().children("metadata").stream()
                .flatMap(m -> m.children().stream())
                .filter(e -> e.namespace().equals(DomainDocument.UNDERSTUDY))
                .flatMap(e -> e.children().stream())
                .filter(e -> e.localName().equals(name));
    }

    /** Elements by name; the first wins. */
    private static Map<String, XmlElement> byName(
            Stream<XmlElement> elements, Function<XmlElement, Optional<String>> name) {
        Map<String, XmlElement> named = new HashMap<>();
        elements.forEach(element -> name.apply(element).ifPresent(n -> named.putIfAbsent(n, element)));
        return named;
    }

    private static PrimaryKind kind(Optional<XmlElement> request, XmlElement primary) {
        String type = primary.attributeOr("type", "");
        boolean passedThrough = primary.is("hostdev") || type.equals("hostdev");
        // The model is no evidence for a network: libvirt writes a default one even if the network is a VF pool.
        boolean fromPool = type.equals("network")
                && request.flatMap(r -> r.attribute("kind"))
                        .filter("emulated"::equals)
                        .isEmpty();
        return passedThrough || fromPool ? PrimaryKind.VF : PrimaryKind.EMULATED;
    }

    private static Optional<PoolName> pool(Optional<XmlElement> request, XmlElement primary) {
        return request.flatMap(r -> r.attribute("pool"))
                .or(() -> kind(request, primary) == PrimaryKind.VF
                        ? primary.childAttribute("source", "network")
                        : Optional.empty())
                .flatMap(name -> valid(() -> new PoolName(name.intern())));
    }

    private static OptionalInt numaNode(XmlElement root) {
        return root.child("numatune")
                .flatMap(tune -> tune.childAttribute("memory", "nodeset"))
                .flatMap(nodes -> valid(() -> Integer.parseUnsignedInt(nodes)))
                .map(OptionalInt::of)
                .orElse(OptionalInt.empty());
    }

    /** Empty without a VLAN, and for a trunk, which a VF does not support. */
    private static Optional<Integer> vlan(XmlElement nic) {
        List<XmlElement> tags =
                nic.child("vlan").map(vlan -> vlan.children("tag")).orElse(List.of());
        return tags.size() == 1
                ? tags.get(0)
                        .attribute("id")
                        .flatMap(id -> valid(() -> Integer.decode(id)))
                        .filter(id -> id > 0 && id <= MAX_VLAN)
                : Optional.empty();
    }

    private static Optional<Alias> alias(XmlElement device) {
        return device.childAttribute("alias", "name").flatMap(name -> valid(() -> new Alias(name.intern())));
    }

    private static Optional<MacAddress> mac(XmlElement device) {
        return device.childAttribute("mac", "address").flatMap(address -> valid(() -> new MacAddress(address)));
    }

    private static Optional<UUID> uuid(String text) {
        return valid(() -> UUID.fromString(text));
    }

    private static <T> Optional<T> valid(Supplier<T> read) {
        try {
            return Optional.of(read.get());
        } catch (UnderstudyException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
