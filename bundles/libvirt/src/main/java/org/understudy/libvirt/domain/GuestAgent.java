// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.domain;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.MacAddress;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.spi.GuestNic;
import org.understudy.json.ForeignJson;

/** Queries the guest agent, which may be slow, absent, or wrong. Source: QEMU {@code qga/qapi-schema.json}. */
public final class GuestAgent {
    private static final Logger LOG = LoggerFactory.getLogger(GuestAgent.class);
    private static final JsonMapper JSON = ForeignJson.MAPPER;
    private static final int TIMEOUT_SECONDS = 2;

    private final Domains domains;
    private final LibvirtDefinitions definitions;

    public GuestAgent(Domains domains, LibvirtDefinitions definitions) {
        this.domains = domains;
        this.definitions = definitions;
    }

    /** Empty if the VM has no connected agent, or the agent does not answer. */
    public Optional<List<GuestNic>> nics(VmName vm) {
        if (!isConnected(vm)) {
            return Optional.empty();
        }
        try {
            return Optional.of(read(domains.call(
                    "query the guest agent of",
                    vm,
                    d -> d.qemuAgentCommand("{\"execute\":\"guest-network-get-interfaces\"}", TIMEOUT_SECONDS, 0))));
        } catch (UnderstudyException e) {
            if (e.code() == ErrorCode.HOST_UNAVAILABLE || e.code() == ErrorCode.VM_NOT_FOUND) {
                throw e;
            }
            LOG.debug("VM {}: guest agent did not report NICs: {}", vm, e.getMessage());
            return Optional.empty();
        }
    }

    private boolean isConnected(VmName vm) {
        return definitions
                .actual(vm)
                .filter(xml -> LibvirtXml.parse(xml)
                        .values("/domain/devices/channel/target[@name='org.qemu.guest_agent.0']/@state")
                        .contains("connected"))
                .isPresent();
    }

    static List<GuestNic> read(String answer) {
        try {
            List<GuestNic> nics = new ArrayList<>();
            for (JsonNode nic : JSON.readTree(answer).path("return")) {
                nics.add(new GuestNic(
                        nic.path("name").asText(),
                        mac(nic.path("hardware-address").asText())));
            }
            return nics;
        } catch (JsonProcessingException e) {
            throw new UnderstudyException(
                    ErrorCode.QMP_PROTOCOL, "Guest agent's answer is not JSON: " + e.getMessage(), e);
        }
    }

    private static Optional<MacAddress> mac(String text) {
        try {
            return Optional.of(new MacAddress(text));
        } catch (UnderstudyException e) {
            return Optional.empty();
        }
    }
}
