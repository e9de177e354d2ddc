// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.backend;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.MacAddress;
import org.understudy.api.PciAddress;
import org.understudy.api.PfView;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VfState;
import org.understudy.api.VfView;
import org.understudy.api.VfView.Holder;
import org.understudy.api.VfioReadiness;
import org.understudy.hostnic.backend.SriovBackend.Inventory;

/**
 * Reads the inventory that {@code understudy-vf list --json} prints.
 *
 * @param self owner of this server's leases
 */
record InventoryJson(String self) {
    private static final JsonMapper JSON = new JsonMapper();

    static JsonNode parse(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new UnderstudyException(
                    ErrorCode.HOST_UNAVAILABLE, "understudy-vf output is not JSON: " + e.getOriginalMessage(), e);
        }
    }

    Inventory read(String text) {
        JsonNode root = parse(text);
        List<PfView> pfs = new ArrayList<>();
        List<VfView> vfs = new ArrayList<>();
        List<Finding> findings = new ArrayList<>();
        root.path("pfs")
                .forEach(pf -> readOne(pf, findings, InventoryJson::pf).ifPresent(view -> {
                    pfs.add(view);
                    pf.path("vfs")
                            .forEach(vf ->
                                    readOne(vf, findings, one -> vf(view, one)).ifPresent(vfs::add));
                }));
        root.path("problems").forEach(problem -> findings.add(problem(problem)));
        return new Inventory(pfs, vfs, findings);
    }

    /** A function that cannot be read does not hide the others. */
    private static <T> Optional<T> readOne(JsonNode node, List<Finding> findings, Function<JsonNode, T> read) {
        try {
            return Optional.of(read.apply(node));
        } catch (UnderstudyException e) {
            findings.add(problem(node.path("address").asText("SR-IOV"), e.getMessage()));
            return Optional.empty();
        }
    }

    private static Finding problem(JsonNode problem) {
        String subject = problem.path("subject").asText("SR-IOV");
        String message = problem.path("message").asText();
        return problem.path("storage").asBoolean()
                ? Finding.of(
                        FindingCode.STORAGE_FULL,
                        subject,
                        message,
                        "Free space on the file system of this directory on the host.")
                : problem(subject, message);
    }

    private static Finding problem(String subject, String message) {
        return Finding.of(
                FindingCode.NIC_ACCESS_LIMITED,
                subject,
                message,
                "Check this PCI function on the host with lspci; the other functions are read as usual.");
    }

    private static PfView pf(JsonNode pf) {
        return new PfView(
                PciAddress.parse(pf.path("address").asText()),
                text(pf, "netdev"),
                text(pf, "altnames").map(names -> List.of(names.split(" "))).orElse(List.of()),
                text(pf, "master"),
                text(pf, "master_kind"),
                pf.path("vendor").asText(),
                pf.path("device").asText(),
                text(pf, "driver"),
                pf.path("totalvfs").asInt(),
                pf.path("numvfs").asInt(),
                flag(pf, "carrier"),
                number(pf, "numa"));
    }

    private VfView vf(PfView pf, JsonNode vf) {
        Optional<Holder> holder = holder(vf.path("lease"));
        return new VfView(
                PciAddress.parse(vf.path("address").asText()),
                pf.address(),
                pf.netdev().orElse(pf.address().toString()),
                vf.path("index").asInt(),
                state(vf.path("state").asText(), holder.isPresent()),
                text(vf, "reason").orElse(""),
                signs(vf.path("signs")),
                List.of(),
                vf.path("vendor").asText(),
                vf.path("device").asText(),
                text(vf, "driver"),
                text(vf, "netdev"),
                text(vf, "mac").map(MacAddress::new),
                number(vf, "vlan"),
                text(vf, "vlan_protocol"),
                flag(vf, "trust"),
                flag(vf, "spoofchk"),
                number(vf, "numa"),
                number(vf, "iommu_group"),
                flag(vf, "iommu_shared"),
                addresses(vf.path("iommu_peers")),
                vfio(vf.path("vfio").asText()),
                text(vf.path("vfio_blocker"), "address").map(PciAddress::parse),
                holder);
    }

    /** A VF in a state that this version does not have must not be leased. */
    private static VfState state(String text, boolean leased) {
        return switch (text) {
            case "free" -> VfState.FREE;
            case "leased" -> VfState.LEASED;
            // A leased VF whose VM runs is in use.
            case "in-use" -> leased ? VfState.LEASED : VfState.IN_USE;
            case "foreign" -> VfState.FOREIGN;
            case "unusable" -> VfState.UNUSABLE;
            default -> VfState.FAULT;
        };
    }

    private static VfioReadiness vfio(String text) {
        return switch (text) {
            case "ready" -> VfioReadiness.READY;
            case "no-iommu" -> VfioReadiness.NO_IOMMU;
            case "no-driver" -> VfioReadiness.NO_DRIVER;
            case "no-override" -> VfioReadiness.NO_OVERRIDE;
            case "group-shared" -> VfioReadiness.GROUP_SHARED;
            default -> VfioReadiness.UNKNOWN;
        };
    }

    private static List<String> signs(JsonNode list) {
        List<String> signs = new ArrayList<>();
        list.forEach(one -> signs.add(one.asText()));
        return List.copyOf(signs);
    }

    private static List<PciAddress> addresses(JsonNode list) {
        List<PciAddress> addresses = new ArrayList<>();
        list.forEach(one -> addresses.add(PciAddress.parse(one.asText())));
        return List.copyOf(addresses);
    }

    private Optional<Holder> holder(JsonNode lease) {
        return text(lease, "owner")
                .map(owner -> LeaseText.parse(owner)
                        .map(parsed -> new Holder(
                                parsed.vm(),
                                parsed.primary(),
                                parsed.owner(),
                                fencing(lease),
                                parsed.owner().equals(self)))
                        .orElseGet(() -> new Holder("", "", owner, fencing(lease), false)));
    }

    static long fencing(JsonNode lease) {
        return lease.path("fencing").asLong();
    }

    private static Optional<String> text(JsonNode node, String key) {
        return Optional.of(node.path(key))
                .filter(JsonNode::isTextual)
                .map(JsonNode::asText)
                .filter(t -> !t.isEmpty());
    }

    private static OptionalInt number(JsonNode node, String key) {
        JsonNode value = node.path(key);
        return value.isInt() && value.asInt() >= 0 ? OptionalInt.of(value.asInt()) : OptionalInt.empty();
    }

    private static Optional<Boolean> flag(JsonNode node, String key) {
        return Optional.of(node.path(key)).filter(JsonNode::isBoolean).map(JsonNode::asBoolean);
    }
}
