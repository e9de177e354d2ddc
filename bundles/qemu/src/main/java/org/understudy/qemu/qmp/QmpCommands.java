// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.qmp;

import static org.understudy.qemu.qmp.CommandSpec.optional;
import static org.understudy.qemu.qmp.CommandSpec.required;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.understudy.api.spi.HostFacts.Version;
import org.understudy.api.spi.MigrationProgress;

/** All QMP commands in use. The schema check covers exactly these. Source: qapi/*.json of QEMU. */
public final class QmpCommands {
    private static final CommandSpec QUERY_STATUS = required("query-status");
    private static final CommandSpec QUERY_VERSION = required("query-version");
    private static final CommandSpec QUERY_KVM = required("query-kvm");
    private static final CommandSpec QUERY_MACHINES = required("query-machines");
    private static final CommandSpec QUERY_BLOCK = required("query-block");
    private static final CommandSpec QUERY_PCI = required("query-pci");
    private static final CommandSpec QUERY_SCHEMA = required("query-qmp-schema");
    private static final CommandSpec QUERY_OPTIONS = required("query-command-line-options", "option");
    private static final CommandSpec CONT = required("cont");
    private static final CommandSpec STOP = required("stop");
    private static final CommandSpec POWERDOWN = required("system_powerdown");
    private static final CommandSpec RESET = required("system_reset");
    private static final CommandSpec QUIT = required("quit");
    private static final CommandSpec DEVICE_ADD = required("device_add", "driver", "id", "bus");
    private static final CommandSpec DEVICE_DEL = required("device_del", "id");
    private static final CommandSpec DEVICE_PROPERTIES = required("device-list-properties", "typename");
    private static final CommandSpec NETDEV_ADD =
            required("netdev_add", "id", "type=user", "type=tap", "type=bridge", "type=socket");
    private static final CommandSpec NETDEV_DEL = required("netdev_del", "id");
    private static final CommandSpec OBJECT_ADD = required("object-add", "qom-type", "id");
    private static final CommandSpec OBJECT_DEL = required("object-del", "id");
    private static final CommandSpec QOM_LIST = required("qom-list", "path");
    private static final CommandSpec QOM_GET = required("qom-get", "path", "property");
    private static final CommandSpec QOM_TYPES = required("qom-list-types", "implements", "abstract");
    private static final CommandSpec VIRTIO_STATUS = optional("x-query-virtio-status", "path");
    private static final CommandSpec VIRTIO_DEVICES = optional("x-query-virtio");
    private static final CommandSpec ANNOUNCE_SELF = required("announce-self", "initial", "max", "rounds", "step");
    private static final CommandSpec MIGRATE = required("migrate", "uri");
    private static final CommandSpec MIGRATE_INCOMING = required("migrate-incoming", "uri");
    private static final CommandSpec MIGRATE_CANCEL = required("migrate_cancel");
    private static final CommandSpec MIGRATE_CONTINUE = required("migrate-continue", "state=pre-switchover");
    private static final CommandSpec QUERY_MIGRATE = required("query-migrate");
    private static final CommandSpec QUERY_CAPABILITIES = required("query-migrate-capabilities");
    private static final CommandSpec SET_CAPABILITIES = required(
            "migrate-set-capabilities",
            Stream.concat(
                            Stream.of("capabilities.state"),
                            Stream.of(MigrationCapability.values()).map(c -> "capabilities.capability=" + c.id()))
                    .toArray(String[]::new));
    private static final CommandSpec SET_PARAMETERS = required(
            "migrate-set-parameters",
            "max-bandwidth",
            "downtime-limit",
            "multifd-channels",
            "tls-creds",
            "tls-hostname");

    static final List<CommandSpec> ALL = List.of(
            required("qmp_capabilities"),
            QUERY_STATUS,
            QUERY_VERSION,
            QUERY_KVM,
            QUERY_MACHINES,
            QUERY_BLOCK,
            QUERY_PCI,
            QUERY_SCHEMA,
            QUERY_OPTIONS,
            CONT,
            STOP,
            POWERDOWN,
            RESET,
            QUIT,
            DEVICE_ADD,
            DEVICE_DEL,
            DEVICE_PROPERTIES,
            NETDEV_ADD,
            NETDEV_DEL,
            OBJECT_ADD,
            OBJECT_DEL,
            QOM_LIST,
            QOM_GET,
            QOM_TYPES,
            VIRTIO_STATUS,
            VIRTIO_DEVICES,
            ANNOUNCE_SELF,
            MIGRATE,
            MIGRATE_INCOMING,
            MIGRATE_CANCEL,
            MIGRATE_CONTINUE,
            QUERY_MIGRATE,
            QUERY_CAPABILITIES,
            SET_CAPABILITIES,
            SET_PARAMETERS);

    private QmpCommands() {}

    public static QmpCommand<RunStatus> queryStatus() {
        return QUERY_STATUS.with(Map.of(), QmpReplies::runStatus);
    }

    public static QmpCommand<Version> queryVersion() {
        return QUERY_VERSION.with(Map.of(), QmpReplies::version);
    }

    /** True if QEMU was started with KVM, false for any other accelerator. */
    public static QmpCommand<Boolean> queryKvm() {
        return QUERY_KVM.with(Map.of(), r -> r.path("enabled").asBoolean());
    }

    public static QmpCommand<List<QemuMachineType>> queryMachines() {
        return QUERY_MACHINES.with(Map.of(), QmpReplies.list(QemuMachineType::read));
    }

    /** The reply is QAPI BlockInfo. */
    public static QmpCommand<JsonNode> queryBlock() {
        return QUERY_BLOCK.with(Map.of());
    }

    public static QmpCommand<List<PciDevice>> queryPci() {
        return QUERY_PCI.with(Map.of(), PciDevice::read);
    }

    /** The reply is the input of {@link SchemaCheck}. */
    public static QmpCommand<JsonNode> queryQmpSchema() {
        return QUERY_SCHEMA.with(Map.of());
    }

    /** The names of all compiled-in command line options, without hyphen. */
    public static QmpCommand<Set<String>> queryCommandLineOptions() {
        return QUERY_OPTIONS.with(Map.of(), QmpReplies.each("option"));
    }

    /** Resumes the vCPUs. */
    public static QmpCommand<JsonNode> cont() {
        return CONT.with(Map.of());
    }

    /** Pauses the vCPUs. */
    public static QmpCommand<JsonNode> stop() {
        return STOP.with(Map.of());
    }

    /** Presses the ACPI power button. */
    public static QmpCommand<JsonNode> systemPowerdown() {
        return POWERDOWN.with(Map.of());
    }

    public static QmpCommand<JsonNode> systemReset() {
        return RESET.with(Map.of());
    }

    /** Ends QEMU. The connection may end before the reply arrives. */
    public static QmpCommand<JsonNode> quit() {
        return QUIT.with(Map.of());
    }

    /**
     * @param properties such as {@code bus}, {@code mac}, {@code failover_pair_id}; unchecked, as defined by the driver
     */
    public static QmpCommand<JsonNode> deviceAdd(String driver, String id, Map<String, ?> properties) {
        return DEVICE_ADD.withUnchecked(joined(Map.of("driver", driver, "id", id), properties));
    }

    /** Requests the guest to release a device; {@link QmpEvents#DEVICE_DELETED} reports the release. */
    public static QmpCommand<JsonNode> deviceDel(String id) {
        return DEVICE_DEL.with(Map.of("id", id));
    }

    /** The property names of a device type. */
    public static QmpCommand<Set<String>> deviceListProperties(String type) {
        return DEVICE_PROPERTIES.with(Map.of("typename", type), QmpReplies.each("name"));
    }

    /** @param properties unchecked, as defined by the type */
    public static QmpCommand<JsonNode> netdevAdd(String type, String id, Map<String, ?> properties) {
        return NETDEV_ADD.withUnchecked(joined(Map.of("type", type, "id", id), properties));
    }

    public static QmpCommand<JsonNode> netdevDel(String id) {
        return NETDEV_DEL.with(Map.of("id", id));
    }

    /**
     * @param qemu the version; before 5.0 the properties are in a separate member. Source: QEMU 6.0 removed features
     *     list, object-add props
     * @param properties unchecked, as defined by the type
     */
    public static QmpCommand<JsonNode> objectAdd(Version qemu, String type, String id, Map<String, ?> properties) {
        Map<String, ?> further = qemu.atLeast(5, 0) ? properties : Map.of("props", properties);
        return OBJECT_ADD.withUnchecked(joined(Map.of("qom-type", type, "id", id), further));
    }

    public static QmpCommand<JsonNode> objectDel(String id) {
        return OBJECT_DEL.with(Map.of("id", id));
    }

    /** The names of the properties of a QOM object, such as {@code /machine/peripheral}. */
    public static QmpCommand<Set<String>> qomList(String path) {
        return QOM_LIST.with(Map.of("path", path), QmpReplies.each("name"));
    }

    public static QmpCommand<JsonNode> qomGet(String path, String property) {
        return QOM_GET.with(Map.of("path", path, "property", property));
    }

    /**
     * The names of all concrete types of a kind, such as {@code device}.
     *
     * <p>QEMU loads all its modules for this, and aborts if they are of another build: never send this to a VM.
     */
    public static QmpCommand<Set<String>> qomListTypes(String kind) {
        return QOM_TYPES.with(Map.of("implements", kind, "abstract", false), QmpReplies.each("name"));
    }

    /**
     * The negotiated features of a virtio device; QEMU 7.2 and newer.
     *
     * <p>Never send this to a VM before a disposable QEMU of the same binary has survived it: QEMU 11.1.2 has the
     * command and aborts on it, for every device. The capability probe checks this.
     *
     * @param path such as {@code /machine/peripheral/ua-standby0/virtio-backend}
     */
    public static QmpCommand<VirtioStatus> xQueryVirtioStatus(String path) {
        return VIRTIO_STATUS.with(Map.of("path", path), VirtioStatus::read);
    }

    /** The paths of all virtio devices; QEMU 7.2 and newer. */
    public static QmpCommand<Set<String>> xQueryVirtio() {
        return VIRTIO_DEVICES.with(Map.of(), QmpReplies.each("path"));
    }

    /**
     * Sends gratuitous RARP for every NIC, so that switches learn the new location of the VM.
     *
     * @param initialMs delay before the second round; QEMU sends the first at once
     * @param maxMs longest delay
     * @param stepMs increase of the delay per round
     */
    public static QmpCommand<JsonNode> announceSelf(int initialMs, int maxMs, int rounds, int stepMs) {
        return ANNOUNCE_SELF.with(Map.of("initial", initialMs, "max", maxMs, "rounds", rounds, "step", stepMs));
    }

    /** Starts an outgoing migration; returns at once. */
    public static QmpCommand<JsonNode> migrate(String uri) {
        return MIGRATE.with(Map.of("uri", uri));
    }

    /** Starts to listen for a migration, in a QEMU started with {@code -incoming defer}. */
    public static QmpCommand<JsonNode> migrateIncoming(String uri) {
        return MIGRATE_INCOMING.with(Map.of("uri", uri));
    }

    /** Requests the cancellation of a migration; returns at once. */
    public static QmpCommand<JsonNode> migrateCancel() {
        return MIGRATE_CANCEL.with(Map.of());
    }

    /** Leaves the state {@code pre-switchover}. */
    public static QmpCommand<JsonNode> migrateContinue() {
        return MIGRATE_CONTINUE.with(Map.of("state", "pre-switchover"));
    }

    public static QmpCommand<MigrationProgress> queryMigrate() {
        return QUERY_MIGRATE.with(Map.of(), QmpReplies::progress);
    }

    /** All migration capabilities of this QEMU by name, and whether each is enabled. */
    public static QmpCommand<Map<String, Boolean>> queryMigrateCapabilities() {
        return QUERY_CAPABILITIES.with(Map.of(), QmpReplies::capabilities);
    }

    public static QmpCommand<JsonNode> migrateSetCapabilities(Map<MigrationCapability, Boolean> capabilities) {
        List<Map<String, ?>> list = capabilities.entrySet().stream()
                .<Map<String, ?>>map(e -> Map.of("capability", e.getKey().id(), "state", e.getValue()))
                .toList();
        return SET_CAPABILITIES.with(Map.of("capabilities", list));
    }

    public static QmpCommand<JsonNode> migrateSetParameters(MigrationParameters parameters) {
        return SET_PARAMETERS.with(parameters.arguments());
    }

    private static Map<String, Object> joined(Map<String, ?> first, Map<String, ?> further) {
        Map<String, Object> all = new LinkedHashMap<>(further);
        all.putAll(first);
        return all;
    }
}
