// SPDX-License-Identifier: Apache-2.0
package org.understudy.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.management.Attribute;
import javax.management.AttributeNotFoundException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.ReflectionException;
import javax.servlet.ServletOutputStream;
import javax.servlet.WriteListener;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.apache.felix.hc.api.Result;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.Action;
import org.understudy.api.Alias;
import org.understudy.api.AuditEntry;
import org.understudy.api.BulkMigration;
import org.understudy.api.BulkMigrations;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostEntry;
import org.understudy.api.HostName;
import org.understudy.api.HostView;
import org.understudy.api.InventoryChange;
import org.understudy.api.MacAddress;
import org.understudy.api.Migration;
import org.understudy.api.MigrationId;
import org.understudy.api.MigrationStep;
import org.understudy.api.Migrations;
import org.understudy.api.NetworkGap;
import org.understudy.api.Outcome;
import org.understudy.api.Pair;
import org.understudy.api.PairHealth;
import org.understudy.api.Policies;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryKind;
import org.understudy.api.StepReport;
import org.understudy.api.StepState;
import org.understudy.api.Subscription;
import org.understudy.api.VfState;
import org.understudy.api.VfView;
import org.understudy.api.VirtualMachines;
import org.understudy.api.Vm;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.concurrent.CallTimes;
import org.understudy.concurrent.Occurrences;
import org.understudy.concurrent.SystemScheduler;

class MetricsTest {
    private static final HostName ALPHA = new HostName("alpha");
    private static final Path DASHBOARD = Path.of("../../docs/grafana/understudy.json");
    private static final Path DOCUMENT = Path.of("../../docs/metrics.md");

    private final Migrations migrations = mock(Migrations.class);
    private final BulkMigrations bulk = mock(BulkMigrations.class);
    private final FakeInventory inventory = new FakeInventory();
    private Consumer<Migration> listener;
    private Metrics metrics;

    @BeforeEach
    void prepare() {
        when(migrations.listen(any())).thenAnswer(call -> {
            listener = call.getArgument(0);
            return (Subscription) () -> {};
        });
        metrics = new Metrics(migrations, bulk);
    }

    @AfterEach
    void close() {
        metrics.close();
    }

    private String text() {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        HttpServletRequest request = mock(HttpServletRequest.class);
        HttpServletResponse response = mock(HttpServletResponse.class);
        try {
            when(request.getMethod()).thenReturn("GET");
            when(request.getProtocol()).thenReturn("HTTP/1.1");
            when(response.getOutputStream()).thenReturn(new ServletOutputStream() {
                @Override
                public boolean isReady() {
                    return true;
                }

                @Override
                public void setWriteListener(WriteListener writer) {
                    throw new UnsupportedOperationException();
                }

                @Override
                public void write(int b) {
                    body.write(b);
                }
            });
            new MetricsServlet(metrics).service(request, response);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        verify(response).setContentType("text/plain; version=0.0.4; charset=utf-8");
        return body.toString(StandardCharsets.UTF_8);
    }

    private static Vm vm(String name, PairHealth... pairs) {
        List<Pair> all = new ArrayList<>();
        for (PairHealth health : pairs) {
            all.add(new Pair(
                    new Alias("ua-standby0"),
                    new Alias("ua-primary0"),
                    new MacAddress("52:54:00:00:00:01"),
                    Optional.empty(),
                    PrimaryKind.VF,
                    health,
                    ""));
        }
        UUID uuid = UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
        return new Vm(new VmName(name), uuid, ALPHA, VmState.RUNNING, List.of(), all);
    }

    private static HostEntry host(boolean available) {
        HostView view = new HostView(ALPHA, "libvirt", available, "QEMU", List.of());
        return new HostEntry(view, Optional.empty(), true, "ssh", List.of(), List.of());
    }

    private static VfView vf(VfState state, String... pools) {
        VfView vf = mock(VfView.class);
        when(vf.state()).thenReturn(state);
        when(vf.pools()).thenReturn(Arrays.stream(pools).map(PoolName::new).toList());
        return vf;
    }

    private InventoryChange changed(long revision, Vm now) {
        return new InventoryChange.VmChanged(revision, ALPHA, now.uuid(), Optional.of(now));
    }

    @Test
    void countsPairsVmsHostsAndVfsByTheirStates() {
        inventory.hosts.add(host(true));
        inventory.vms.add(vm("web1", PairHealth.ACTIVE, PairHealth.ON_STANDBY));
        inventory.vms.add(vm("db1", PairHealth.ACTIVE));
        inventory.vfs.add(vf(VfState.FREE, "pool-a", "pool-b"));
        metrics.setInventory(inventory);

        assertThat(text())
                .contains(
                        "understudy_pairs{health=\"active\"} 2.0",
                        "understudy_pairs{health=\"on-standby\"} 1.0",
                        "understudy_vms{state=\"running\"} 2.0",
                        "understudy_hosts{available=\"true\",connector=\"libvirt\"} 1.0",
                        "understudy_vfs{pool=\"pool-a\",state=\"free\"} 1.0",
                        "understudy_vfs{pool=\"pool-b\",state=\"free\"} 1.0");
    }

    @Test
    void followsChangesWithoutAnotherSnapshot() {
        inventory.vms.add(vm("web1", PairHealth.ACTIVE));
        metrics.setInventory(inventory);

        inventory.send(changed(2, vm("web1", PairHealth.FAULT)));
        inventory.send(changed(3, vm("db1", PairHealth.ACTIVE)));
        inventory.send(new InventoryChange.HostChanged(4, ALPHA, Optional.of(host(false))));
        assertThat(text())
                .contains(
                        "understudy_pairs{health=\"active\"} 1.0",
                        "understudy_pairs{health=\"fault\"} 1.0",
                        "understudy_hosts{available=\"false\",connector=\"libvirt\"} 1.0");

        inventory.send(new InventoryChange.VmChanged(5, ALPHA, vm("web1").uuid(), Optional.empty()));
        assertThat(text()).contains("understudy_pairs{health=\"fault\"} 0.0", "understudy_vms{state=\"running\"} 1.0");
        assertThat(inventory.snapshots).isEqualTo(1);
    }

    @Test
    void losesNoChangeDuringTheSnapshotAndAppliesNoneTwice() {
        inventory.vms.add(vm("web1", PairHealth.ACTIVE));
        inventory.revision = 7;
        inventory.beforeSnapshot = () -> {
            inventory.send(changed(7, vm("web1", PairHealth.FAULT)));
            inventory.send(changed(8, vm("db1", PairHealth.FAULT)));
        };

        metrics.setInventory(inventory);

        assertThat(text())
                .contains("understudy_pairs{health=\"active\"} 1.0", "understudy_pairs{health=\"fault\"} 1.0");
    }

    @Test
    void showsNoFleetWithoutAnInventory() {
        metrics.setInventory(inventory);
        FakeInventory next = new FakeInventory();
        next.vms.add(vm("web1"));
        metrics.setInventory(next);
        metrics.unsetInventory(inventory);
        assertThat(text()).contains("understudy_vms{state=\"running\"} 1.0");

        metrics.unsetInventory(next);

        assertThat(text()).doesNotContain("understudy_vms{");
        assertThat(next.listener).isEmpty();
    }

    private static Migration migration(String id, Optional<Outcome> outcome) {
        StepReport copy = new StepReport(
                MigrationStep.COPY, StepState.DONE, Optional.empty(), Optional.of(Duration.ofSeconds(3)), Map.of());
        return new Migration(
                new MigrationId(id),
                1,
                new VmName("web1"),
                Optional.empty(),
                ALPHA,
                new HostName("beta"),
                List.of(),
                Instant.EPOCH,
                Optional.empty(),
                List.of(copy),
                Optional.empty(),
                outcome,
                outcome.map(o -> Duration.ofMillis(80)),
                Optional.empty(),
                new NetworkGap.Measured(
                        "icmp", Duration.ofMillis(10), 100, 97, 3, 0, 0, Duration.ofMillis(40), List.of()),
                List.of());
    }

    @Test
    void countsEachMigrationOnceWithItsStepsAndMeasurements() {
        listener.accept(migration("m-1", Optional.empty()));
        listener.accept(migration("m-2", Optional.empty()));
        assertThat(text()).contains("understudy_migrations_running 2.0");

        listener.accept(migration("m-1", Optional.of(Outcome.COMPLETED)));
        listener.accept(migration("m-1", Optional.of(Outcome.COMPLETED)));
        listener.accept(migration("m-1", Optional.empty()));

        assertThat(text())
                .contains(
                        "understudy_migrations_running 1.0",
                        "understudy_migrations_total{outcome=\"completed\"} 1.0",
                        "understudy_migrations_total{outcome=\"needs-attention\"} 0.0",
                        "understudy_migration_step_seconds_bucket{state=\"done\",step=\"copy\",le=\"5.0\"} 1",
                        "understudy_migration_network_gap_seconds_bucket{le=\"0.05\"} 1",
                        "understudy_migration_downtime_seconds_sum 0.08",
                        "understudy_migration_on_standby_seconds_count 0");
    }

    @Test
    void countsMigrationsThatRunAtItsStart() {
        when(migrations.list())
                .thenReturn(
                        List.of(migration("m-1", Optional.empty()), migration("m-0", Optional.of(Outcome.COMPLETED))));
        metrics = new Metrics(migrations, bulk);

        assertThat(text())
                .contains(
                        "understudy_migrations_running 1.0", "understudy_migrations_total{outcome=\"completed\"} 0.0");
    }

    @Test
    void showsWhatTheProcessCounts() {
        CallTimes.of("test").count(3_000_000, true);
        Occurrences.EVENTS_MISSED.count("test-host");
        Occurrences.LOGINS_REFUSED.count("test-reason");
        SystemScheduler.process().pool("test-pool");
        metrics.record(new AuditEntry(
                new UUID(0, 1),
                Instant.EPOCH,
                "eve",
                AuditEntry.Face.REST,
                Optional.empty(),
                Action.POWER,
                "web1",
                Optional.empty(),
                Optional.empty(),
                AuditEntry.Result.REFUSED,
                Optional.empty(),
                ""));

        assertThat(text())
                .contains(
                        "understudy_call_seconds_bucket{kind=\"test\",le=\"0.001\"} 0",
                        "understudy_call_seconds_bucket{kind=\"test\",le=\"0.005\"} 1",
                        "understudy_call_seconds_sum{kind=\"test\"} 0.003",
                        "understudy_call_failures_total{kind=\"test\"} 1.0",
                        "understudy_events_missed_total{host=\"test-host\"} 1.0",
                        "understudy_logins_refused_total{reason=\"test-reason\"} 1.0",
                        "understudy_executor_waiting_tasks{executor=\"test-pool\"} 0.0",
                        "understudy_actions_total{action=\"power\",result=\"refused\"} 1.0");
    }

    @Test
    void countsVmsOfBulkMigrationsThatWait() {
        BulkMigration.Entry waiting = new BulkMigration.Entry(
                new VmName("web1"),
                new UUID(0, 1),
                ALPHA,
                Optional.empty(),
                BulkMigration.State.WAITING,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                "");
        when(bulk.list())
                .thenReturn(List.of(
                        new BulkMigration("b-2", 1, Instant.EPOCH, Optional.empty(), List.of(waiting)),
                        new BulkMigration("b-1", 1, Instant.EPOCH, Optional.of(Instant.EPOCH), List.of(waiting))));

        assertThat(text()).contains("understudy_bulk_migration_vms{state=\"waiting\"} 1.0");
    }

    @Test
    void scrapesALargeFleetWithoutReadingItsObjectsAgain() {
        for (int i = 0; i < 20_000; i++) {
            inventory.vms.add(vm("vm" + i, PairHealth.ACTIVE));
        }
        metrics.setInventory(inventory);
        text();

        // Of this thread, so that other processes of the machine do not count.
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long begin = threads.getCurrentThreadCpuTime();
        for (int i = 0; i < 100; i++) {
            metrics.scrape();
        }

        assertThat(Duration.ofNanos(threads.getCurrentThreadCpuTime() - begin)).isLessThan(Duration.ofSeconds(2));
        assertThat(inventory.snapshots).isEqualTo(1);
        verify(migrations, times(1)).list();
    }

    /** The names of all metrics, also of those without a value, as a scrape shows them. */
    private Set<String> names() {
        return metrics.scrape().stream()
                .map(metric ->
                        metric.getMetadata().getPrometheusName() + (metric instanceof CounterSnapshot ? "_total" : ""))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> namesIn(String text) {
        return Pattern.compile("understudy_[a-z_]+")
                .matcher(text)
                .results()
                .map(MatchResult::group)
                .map(name -> name.replaceAll("_(bucket|sum|count)$", ""))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void theDashboardAndTheDocumentationNameMetricsThatExistAndTheDocumentationAll() throws Exception {
        JsonNode dashboard = new ObjectMapper().readTree(DASHBOARD.toFile());
        Set<String> queried = namesIn(String.join("\n", dashboard.findValuesAsText("expr")));

        assertThat(queried).hasSizeGreaterThan(10).isSubsetOf(names());
        assertThat(namesIn(Files.readString(DOCUMENT))).isEqualTo(names());
    }

    @Test
    void theDashboardHasTheKeysOfGrafana() throws Exception {
        JsonNode dashboard = new ObjectMapper().readTree(DASHBOARD.toFile());

        assertThat(dashboard.get("schemaVersion").asInt()).isGreaterThan(30);
        assertThat(dashboard.get("title").asText()).isEqualTo("Understudy");
        assertThat(dashboard.get("panels")).isNotEmpty().allSatisfy(panel -> {
            assertThat(panel.get("type").asText()).isEqualTo("timeseries");
            assertThat(panel.get("title").asText()).isNotEmpty();
            assertThat(panel.get("gridPos").get("w").asInt()).isBetween(1, 24);
            assertThat(panel.get("datasource").get("uid").asText()).isEqualTo("${datasource}");
            assertThat(panel.get("targets")).isNotEmpty();
        });
        assertThat(dashboard.findValuesAsText("id")).doesNotHaveDuplicates();
    }

    @Test
    void showsEachMetricAsAnMbean() throws Exception {
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        inventory.vms.add(vm("web1", PairHealth.ACTIVE));
        metrics.setInventory(inventory);
        listener.accept(migration("m-1", Optional.of(Outcome.COMPLETED)));
        MetricsBeans beans = new MetricsBeans(metrics);
        try {
            ObjectName all = new ObjectName("org.understudy:type=Metrics,*");
            assertThat(server.queryNames(all, null)).hasSameSizeAs(names());
            assertThat(server.getAttribute(bean("understudy_pairs"), "active")).isEqualTo(1.0);
            assertThat(server.getAttribute(bean("understudy_migrations_running"), "value"))
                    .isEqualTo(0.0);
            assertThat(server.getAttribute(bean("understudy_migration_step_seconds"), "done,copy,count"))
                    .isEqualTo(1.0);
            assertThat(server.getAttribute(bean("understudy_migrations"), "completed"))
                    .isEqualTo(1.0);
            assertThat(server.getMBeanInfo(bean("understudy_pairs")).getAttributes())
                    .extracting(info -> info.getName())
                    .containsExactly("active");
            assertThat(server.getAttributes(bean("understudy_pairs"), new String[] {"active", "none"}))
                    .hasSize(1);
            assertThatThrownBy(() -> server.getAttribute(bean("understudy_pairs"), "none"))
                    .isInstanceOf(AttributeNotFoundException.class);
            assertThatThrownBy(() -> server.setAttribute(bean("understudy_pairs"), new Attribute("active", 2.0)))
                    .isInstanceOf(AttributeNotFoundException.class);
            assertThatThrownBy(() -> server.invoke(bean("understudy_pairs"), "reset", null, null))
                    .isInstanceOf(ReflectionException.class);
        } finally {
            beans.close();
        }
        assertThat(server.isRegistered(bean("understudy_pairs"))).isFalse();
    }

    private static ObjectName bean(String metric) throws Exception {
        return new ObjectName("org.understudy:type=Metrics,name=" + metric);
    }

    @Test
    void healthChecksReportFindingsByTheirSeverity() {
        Policies policies = mock(Policies.class);
        when(policies.findings()).thenReturn(List.of());
        Finding low = Finding.of(FindingCode.STORAGE_FULL, "server", "Folder data has 9 MiB left", "Free space.");
        when(migrations.findings()).thenReturn(List.of(low));
        VirtualMachines vms = mock(VirtualMachines.class);
        Finding closed = Finding.of(FindingCode.HOST_UNAVAILABLE, "host beta", "Host beta is not open", "Check it.");
        when(vms.hosts()).thenReturn(List.of(new HostView(new HostName("beta"), "qemu", false, "", List.of(closed))));

        assertThat(new ConfigurationHealthCheck(policies).execute().getStatus()).isEqualTo(Result.Status.OK);
        Result journal = new JournalHealthCheck(migrations).execute();
        assertThat(journal.getStatus()).isEqualTo(Result.Status.WARN);
        assertThat(journal.toString()).contains("Folder data has 9 MiB left", "Free space.");
        assertThat(new HostsHealthCheck(vms).execute().getStatus()).isEqualTo(Result.Status.CRITICAL);
    }
}
