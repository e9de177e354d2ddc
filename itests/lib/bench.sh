# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# ./understudy bench: the compared programs alternate in one run; medians and their ratios are the result.

bench() {
  local name=${1-} json='' record='' delay='' hanging=''
  [ $# -eq 0 ] || shift
  while [ $# -gt 0 ]; do
    case "$1" in
      --json) json=yes ;;
      --record) record=yes ;;
      --delay)
        [[ $name = fleet && ${2-} =~ ^([1-9][0-9]*)ms$ ]] || die_usage "option --delay of bench fleet needs a time such as 20ms"
        delay=${BASH_REMATCH[1]}
        shift
        ;;
      --hanging)
        [[ $name = fleet && ${2-} =~ ^[1-9][0-9]*$ ]] || die_usage "option --hanging of bench fleet needs a number of hosts"
        hanging=$2
        shift
        ;;
      *) die_usage "unknown option '$1' of bench" ;;
    esac
    shift
  done
  case "$name" in
    console | fleet | hostnic | migration) ;;
    *) die_usage "unknown benchmark '$name'; the benchmarks are console, fleet, hostnic and migration" ;;
  esac
  require_setup
  temporary=$(mktemp -d "${TMPDIR:-/tmp}/understudy-bench.XXXXXX")
  trap end_bench EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  build_benchmark
  "bench_$name"
  "${name}_document" >"$temporary/$name.json"
  [ -z "$record" ] || record "$name" "$name${delay:+-delay}${hanging:+-hanging}"
  if [ -n "$json" ]; then cat "$temporary/$name.json"; else "${name}_table" <"$temporary/$name.json"; fi
}

bench_hostnic() {
  bench_trees
  bench_host
}

end_bench() {
  # unshare ignores TERM; its namespace ends with it.
  jobs -p | xargs -r kill -KILL 2>/dev/null || true
  [ ! -d "$temporary/host" ] || "$here/itests/lab/host" down "$temporary/host" >&2 || true
  rm -rf "$temporary"
}

build_benchmark() {
  say "Building ..."
  make -s -C "$here/native" all bench >&2 || die "the native code cannot be built" "read the compiler's message above" 1
  maven -q package -DskipTests org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath \
    -Dmdep.outputFile="$temporary/classpath" >&2 || die "the build failed" "run 'mvn package -DskipTests'" 1
  # Only the jars that the inventory needs.
  mkdir "$temporary/classes"
  tr : '\n' <"$temporary/classpath" | grep -E '/(org.understudy.(api|hostnic)|jackson-[a-z]*|slf4j-[a-z]*)-[^/]*\.jar$' |
    xargs cp -t "$temporary/classes"
  cp -r "$here/itests/target/test-classes/org" "$temporary/classes/"
}

# run_bench PREFIX FOLDER LIBRARIES JAVA_HOME ARGUMENTS...: PREFIX is a function that runs a command.
run_bench() {
  local prefix=$1 folder=$2 libraries=$3 java=$4
  shift 4
  "$prefix" "$java/bin/java" -Djava.library.path="$libraries" -cp "$folder:$folder/*" org.understudy.itests.bench.HostNicBench "$@"
}

bench_trees() {
  say "Inventory of 1,024 and 4,096 VFs in memory ..."
  run_bench command "$temporary/classes" "$here/bundles/hostnic/target/jni/native/linux-$(uname -m)" "$JAVA_HOME" \
    trees "$here/native/build/inventory_floor" 60 8x128 32x128 >"$temporary/trees.json" ||
    die "the inventory cannot be measured" "read the message above" 1
}

# A host with an SR-IOV kernel, libvirt, and other tools that bind VFs.
bench_host() {
  say "Starting the emulated host ..."
  "$here/itests/lab/host" up --libvirt --java "$JAVA_HOME" --memory 3072 "$temporary/host" >&2 ||
    die "the emulated host did not start" "read the message above" 1
  fetch_tools
  in_host mkdir -p /tmp/bench
  "$here/itests/lab/host" copy "$temporary/host" "$temporary/classes" "$temporary/tools" \
    "$here"/native/build/{understudy-vf,inventory_floor} "$here/bundles/hostnic/target/jni/native/linux-$(uname -m)/libusvfjni.so" \
    :/tmp/bench/
  # dpdk-devbind.py calls it.
  in_host ln -s /usr/bin/busybox /tmp/bench/tools/usr/bin/which
  in_host modprobe vfio-pci
  local vfs
  # shellcheck disable=SC2016 # expanded by the inner shell
  vfs=$(in_host bash -c 'for vf in /sys/class/net/enp1s0/device/virtfn*; do basename "$(readlink "$vf")"; done')
  say "Inventory and binding of its $(wc -w <<<"$vfs") VFs ..."
  # shellcheck disable=SC2086 # one argument per VF
  run_bench in_host /tmp/bench/classes /tmp/bench "$JAVA_HOME" \
    host /tmp/bench/inventory_floor /tmp/bench/understudy-vf 9 $vfs >"$temporary/host.json" ||
    die "the emulated host cannot be measured" "read the message above" 1
}

in_host() {
  "$here/itests/lab/host" run "$temporary/host" env PYTHONHOME=/tmp/bench/tools/usr \
    PATH="/tmp/bench/tools/usr/bin:/tmp/bench/tools/usr/sbin:/tmp/bench/tools/sbin:/usr/sbin:/usr/bin" "$@"
}

# driverctl, dpdk-devbind.py and a Python for it, from the Debian of this machine; they are unpacked, not installed.
fetch_tools() {
  local python package
  python=$(apt-cache depends python3-minimal | sed -nE 's/^ *(Pre)?Depends: (python3\.[0-9]+)-minimal$/\2/p' | head -n 1)
  [ -n "$python" ] || die "apt has no package python3-minimal" "run 'apt-get update' as root"
  mkdir -p "$temporary/tools"
  (cd "$temporary" && apt-get -qq -o APT::Sandbox::User= download driverctl dpdk "$python-minimal" "lib$python-minimal" "lib$python-stdlib") >&2 ||
    die "Debian's packages driverctl, dpdk and $python cannot be downloaded" "check the network; run 'apt-get update' as root"
  for package in "$temporary"/*.deb; do dpkg-deb -x "$package" "$temporary/tools"; done
  rm -rf "$temporary/tools/usr/share/doc" # links to packages that are not unpacked
  ln -sf "$python" "$temporary/tools/usr/bin/python3"
  sed -i '1s:.*:#!/usr/bin/env python3:' "$temporary/tools/usr/bin/dpdk-devbind.py"
}

# Two hosts, a server, and the packet loss that a neighbour of the guest measures in each migration.
bench_migration() {
  deliver_guest "$temporary/guest"
  UNDERSTUDY_GUEST=$temporary/guest "$JAVA_HOME/bin/java" -Dunderstudy.root="$here" -Dunderstudy.version="$(project_version)" \
    -cp "$here/itests/target/test-classes:$(cat "$temporary/classpath")" org.understudy.itests.karaf.MigrationBench \
    "${UNDERSTUDY_BENCH_ROUNDS:-5}" "$temporary/samples.json" >&2 || die "the migrations cannot be measured" "read the message above" 1
}

# 1,000 hosts with 20 VMs each; the minimum and Understudy alternate, each in its own process.
bench_fleet() {
  local round who
  mkdir "$temporary/fleet"
  [ -z "$delay" ] || start_far_hosts
  fleet write "$temporary/fleet" 1000 20 || die "the hosts cannot be written" "free disk space in the temporary folder" 1
  for round in $(seq "${UNDERSTUDY_BENCH_ROUNDS:-3}"); do
    for who in floor product; do
      say "1,000 hosts and 20,000 VMs${delay:+, $delay ms away}${hanging:+, $hanging more that hang}, $who, round $round ..."
      fleet "$who" "$temporary/fleet" ${hanging:+"$hanging"} 2>"$temporary/fleet.log" >>"$temporary/$who.json" ||
        die "the fleet cannot be measured: $(tail -n 3 "$temporary/fleet.log")" "read the message" 1
    done
  done
}

# With the options of Java that the distribution has.
fleet() {
  "$JAVA_HOME/bin/java" -Xms64m -Xmx256m -XX:+UseSerialGC -cp "$(bench_classpath)" org.understudy.itests.bench.FleetBench "$@"
}

bench_classpath() { echo "$here/itests/target/test-classes:$(cat "$temporary/classpath")"; }

# One daemon emulates all hosts, with folders of its own; a port in front of it is as far away as the hosts.
start_far_hosts() {
  local daemon=$temporary/daemon near far
  [ "$(id -u)" = 0 ] || die "bench fleet --delay needs root" "run it as root, or without --delay" 3
  near=$(free_port)
  far=$(free_port)
  mkdir -p "$daemon"/{etc,lib,cache,run,log}
  cat >"$daemon/etc/libvirtd.conf" <<CONF
unix_sock_dir = "$daemon/run"
listen_tls = 0
listen_tcp = 1
listen_addr = "127.0.0.1"
tcp_port = "$near"
auth_tcp = "none"
max_clients = 20000
max_queued_clients = 20000
max_anonymous_clients = 0
log_outputs = "3:file:$daemon/log/libvirtd.log"
CONF
  # shellcheck disable=SC2016 # expanded by the inner shell
  unshare -m -p --fork --kill-child bash -c '
    mount --make-rprivate / && mount -t proc proc /proc || exit 1
    for place in etc:/etc/libvirt lib:/var/lib/libvirt cache:/var/cache/libvirt run:/run/libvirt log:/var/log/libvirt; do
      mkdir -p "${place#*:}" && mount --bind "$0/${place%%:*}" "${place#*:}" || exit 1
    done
    # libvirtd does not start without this user, which only the package of its services creates.
    for list in passwd group; do cp "/etc/$list" "$0/$list" && mount --bind "$0/$list" "/etc/$list" || exit 1; done
    getent group libvirt-qemu >/dev/null || echo libvirt-qemu:x:64055: >>/etc/group
    getent passwd libvirt-qemu >/dev/null || echo libvirt-qemu:x:64055:64055::/nonexistent:/bin/false >>/etc/passwd
    libvirtd -l -p "$0/run/libvirtd.pid"' "$daemon" >&2 &
  "$JAVA_HOME/bin/java" -Xmx128m -XX:+UseSerialGC -cp "$(bench_classpath)" \
    org.understudy.itests.bench.DelayedPort "$far" "$near" "$delay" >&2 &
  until { : <>"/dev/tcp/127.0.0.1/$near" && : <>"/dev/tcp/127.0.0.1/$far"; } 2>/dev/null; do
    [ "$(jobs -pr | wc -l)" = 2 ] || die "libvirtd did not start" "read $daemon/log/libvirtd.log" 1
    sleep 0.1
  done
  echo "test+tcp://127.0.0.1:$near" >"$temporary/fleet/near"
  echo "test+tcp://127.0.0.1:$far" >"$temporary/fleet/far"
}

fleet_document() {
  # shellcheck disable=SC2016 # jq's variables
  jq_document --slurpfile floor "$temporary/floor.json" --slurpfile product "$temporary/product.json" '
    def medians: . as $all | .[0] | with_entries(.key as $key | .value = ($all | map(.[$key]) | sort | .[(length - 1) / 2 | floor]));
    {
      benchmark: "fleet", version: $version, date: $date,
      machine: {cpu: $cpu, cores: ($cores | tonumber), kernel: $kernel},
      samples: {floor: $floor, product: $product},
      medians: {floor: ($floor | medians), product: ($product | medians)}
    }
    | .ratios = (.medians as $m | $m.floor | del(.hosts, .vms)
        | with_entries(.key as $key | .value = ($m.product[$key] / .value * 100 | round) / 100))
    | . + {aims: (.medians.product as $p | {
        "all hosts connected in at most 1.3 times the time of the floor": (.ratios.connectMs <= 1.3),
        "first view in at most 3 times the time of the floor, and 5 s": (.ratios.firstViewMs <= 3 and $p.firstViewMs < 5000),
        "next view within 50 ms": ($p.nextViewMs < 50),
        "a change reaches a listener within 50 ms": ($p.changeHeardMs < 50),
        "less than 1 % of a core with a listener and no change": ($p.idlePercent < 1),
        "fewer than 100 threads": ($p.threads < 100),
        "less than 250 MiB resident": ($p.residentMiB < 250),
        "10 changes a second reach 100 listeners within 50 ms": ($p.steadyHeardMs < 50)})}'
}

fleet_table() {
  jq -r '
    def two: . * 100 | round / 100;
    "Measured on \(.date) with version \(.version): \(.machine.cpu), \(.machine.cores) cores, Linux \(.machine.kernel).",
    "",
    "| \(.medians.product.hosts) hosts, \(.medians.product.vms) VMs\(if .medians.product.hanging then ", \(.medians.product.hanging) more hosts that hang" else "" end); median of \(.samples.product | length) runs | floor | Understudy | ratio |",
    "|---|---|---|---|",
    (({connectMs: "all hosts connected, ms", firstViewMs: "first view of all VMs, ms", nextViewMs: "next view, ms",
      heapMiB: "heap, MiB", residentMiB: "resident, MiB", inUseMiB: "resident without free memory of malloc, MiB", threads: "threads", fileHandles: "file handles"} | to_entries[]) as $row
      | "| \($row.value) | \(.medians.floor[$row.key] | two) | \(.medians.product[$row.key] | two) | \(.ratios[$row.key]) |"),
    "",
    (.medians as $m |
      "Understudy itself uses \($m.product.inUseMiB - $m.floor.inUseMiB | two) MiB more than the floor; \($m.product.heapMiB - $m.floor.heapMiB | two) MiB of them are Java objects."),
    (.medians.product |
      "A VM that another program starts reaches a listener after \(.changeHeardMs | two) ms (median; at most \(.changeHeardMaxMs | two) ms).",
      "A server with one listener and no change uses \(.idlePercent | two) % of a core.",
      "10 changes a second for a minute reach each of 100 listeners after \(.steadyHeardMs | two) ms (median of the slowest; at most \(.steadyHeardMaxMs | two) ms), and use \(.steadyPercent | two) % of a core."),
    "",
    (.aims | to_entries[] | "* Aim: \(.key): \(if .value then "met" else "not met" end).")'
}

# A server with 20,000 VMs of libvirt's test driver, and Chromium.
bench_console() {
  "$JAVA_HOME/bin/java" -Dunderstudy.root="$here" -Dunderstudy.version="$(project_version)" \
    -cp "$here/itests/target/test-classes:$(cat "$temporary/classpath")" org.understudy.itests.karaf.ConsoleBench \
    "${UNDERSTUDY_BENCH_ROUNDS:-5}" "$temporary/samples.json" >&2 || die "the console cannot be measured" "read the message above" 1
}

console_document() {
  # shellcheck disable=SC2016 # jq's variables
  jq_document --slurpfile samples "$temporary/samples.json" '
    def medians: . as $all | .[0] | with_entries(.key as $key | .value = ($all | map(.[$key]) | sort | .[(length - 1) / 2 | floor]));
    {
      benchmark: "console", version: $version, date: $date,
      machine: {cpu: $cpu, cores: ($cores | tonumber), kernel: $kernel},
      samples: $samples[0],
      medians: ($samples[0] | map_values(medians))
    }
    | .ratios = (.medians as $m | $m.floor | with_entries(.key as $key | .value = ($m.product[$key] / .value * 100 | round) / 100))
    | .aims = (.medians.product | {
        "first paint in less than 1 s": (.paintMs < 1000),
        "usable in less than 2 s": (.usableMs < 2000),
        "less than 150 MiB of script memory": (.memoryMiB < 150),
        "less than 2 kB for a change of one VM": (.changeBytes + .readAgainBytes < 2000)})'
}

console_table() {
  jq -r '
    def two: . * 100 | round / 100;
    "Measured on \(.date) with version \(.version): \(.machine.cpu), \(.machine.cores) cores, Linux \(.machine.kernel).",
    "",
    "| 20,000 VMs; median of \(.samples.product | length) loads | floor | console | ratio |",
    "|---|---|---|---|",
    (({paintMs: "first paint, ms", usableMs: "first VM can be clicked, ms", memoryMiB: "script memory, MiB"} | to_entries[]) as $row
      | "| \($row.value) | \(.medians.floor[$row.key] | two) | \(.medians.product[$row.key] | two) | \(.ratios[$row.key]) |"),
    "",
    (.medians.product |
      "A change of one VM by another client is on the page after \(.changeMs | two) ms. It is \(.changeBytes) bytes of events; the page reads \(.readAgainBytes) bytes again because of it. The layout shifts by \(.shift | two)."),
    "",
    (.aims | to_entries[] | "* Aim: \(.key): \(if .value then "met" else "not met" end).")'
}

# jq with the facts of this run.
jq_document() {
  jq -n --arg version "$(project_version)" --arg cpu "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)" \
    --arg cores "$(nproc)" --arg kernel "$(uname -r)" --arg date "$(date -u +%F)" "$@"
}

migration_document() {
  # shellcheck disable=SC2016 # jq's variables
  jq_document --slurpfile samples "$temporary/samples.json" '
    def median: sort | .[(length - 1) / 2 | floor];
    def beats_hand($who): [.medians[$who, "virsh migrate, forwarding entries by hand"]] | .[0] as $own | .[1] as $hand
      | all("heartbeatGapMs", "pingGapMs", "downtimeMs"; $own[.] < $hand[.]);
    {
      benchmark: "migration", version: $version, date: $date,
      machine: {cpu: $cpu, cores: ($cores | tonumber), kernel: $kernel},
      samples: $samples[0],
      medians: ($samples[0] | map_values(. as $all | .[0] | with_entries(.key as $key | .value = ($all | map(.[$key]) | median))))
    }
    | . + {aims: {
        "nothing that the guest sends is lost": ([.samples["understudy, automatic", "understudy, explicit"][]] | all(.heartbeatsLost == 0)),
        "automatic: shorter gaps and a shorter downtime than with forwarding entries by hand": beats_hand("understudy, automatic"),
        "explicit: shorter gaps and a shorter downtime than with forwarding entries by hand": beats_hand("understudy, explicit"),
        "explicit: a gap no longer than the downtime of virsh migrate":
          (.medians["understudy, explicit"].heartbeatGapMs <= .medians["virsh migrate"].downtimeMs),
        "a gap no longer than the own downtime":
          ([.medians["understudy, automatic", "understudy, explicit"]] | all(.heartbeatGapMs <= .downtimeMs)),
        "a gap no longer than the own downtime and the time that the guest itself needs to send again":
          ([.samples["understudy, automatic", "understudy, explicit"][]] | all(.heartbeatGapMs <= .downtimeMs + .guestInGapMs + 100))}}'
}

migration_table() {
  jq -r '
    "Measured on \(.date) with version \(.version): \(.machine.cpu), \(.machine.cores) cores, Linux \(.machine.kernel).",
    "",
    "| median of \(.samples["virsh migrate"] | length) migrations | downtime, ms | on standby, s | gap in heartbeats, ms | of it by the guest\u0027s clock | lost | gap in pings, ms | lost |",
    "|---|---|---|---|---|---|---|---|",
    ((.samples | keys_unsorted[]) as $who | .medians[$who] |
      "| \($who) | \(.downtimeMs | round) | \(if .onStandbyMs then .onStandbyMs / 100 | round / 10 else "unknown" end) | \(.heartbeatGapMs) | \(.guestInGapMs) | \(.heartbeatsLost) of \(.heartbeats) | \(.pingGapMs) | \(.pingsLost) of \(.pings) |"),
    "",
    (.aims | to_entries[] | "* Aim: \(.key): \(if .value then "met" else "not met" end).")'
}

hostnic_document() {
  # shellcheck disable=SC2016 # jq's variables
  jq_document --slurpfile trees "$temporary/trees.json" --slurpfile host "$temporary/host.json" '
    def ratio($a; $b): (.[$a] / .[$b] * 100 | round) / 100;
    {
      benchmark: "hostnic", version: $version, date: $date,
      machine: {cpu: $cpu, cores: ($cores | tonumber), kernel: $kernel},
      trees: [$trees[0][] | . + {ratios: (.medianMicros | {
        "libusvf/floor": ratio("libusvf"; "floor"), "jni/floor": ratio("jni"; "floor"), "records/floor": ratio("records"; "floor")})}],
      host: ($host[0] | . + {
        ratios: (.medianMicros | {"jni/floor": ratio("jni"; "floor"), "virsh/jni": ratio("virsh"; "jni"),
          "virsh/command": ratio("virsh"; "command"), "ip/command": ratio("ip"; "command")}),
        bindRatios: (.bind | map_values({
          "driverctl/understudy-vf": ratio("driverctl"; "understudy-vf"),
          "dpdk-devbind/understudy-vf": ratio("dpdk-devbind"; "understudy-vf")}))})
    }
    | . + {aims: {
        "jni at most 1.5 times the floor": ([.trees[].ratios["jni/floor"]] | max <= 1.5),
        "jni at least 20 times faster than virsh": (.host.ratios["virsh/jni"] >= 20)}}'
}

hostnic_table() {
  jq -r '
    def ms: . / 1000 * 100 | round / 100;
    "Measured on \(.date) with version \(.version): \(.machine.cpu), \(.machine.cores) cores, Linux \(.machine.kernel).",
    "",
    "| inventory, median in ms | floor | libusvf | JNI | JNI and records | JNI / floor |",
    "|---|---|---|---|---|---|",
    (.trees[] | "| \(.vfs) VFs in memory | \(.medianMicros.floor | ms) | \(.medianMicros.libusvf | ms) | \(.medianMicros.jni | ms) | \(.medianMicros.records | ms) | \(.ratios["jni/floor"]) |"),
    (.host | "| \(.vfs) VFs of the emulated host | \(.medianMicros.floor | ms) | \(.medianMicros.libusvf | ms) | \(.medianMicros.jni | ms) | \(.medianMicros.records | ms) | \(.ratios["jni/floor"]) |"),
    "",
    "| inventory of the emulated host, median in ms | | slower than JNI |",
    "|---|---|---|",
    (.host.medianMicros as $m | ["command", "ip", "virsh"][] | "| \({command: "`understudy-vf list --json`", ip: "`ip -j -d link show` (without driver, IOMMU group, NUMA node)", virsh: "`virsh nodedev-list`, and all `nodedev-dumpxml` in one process"}[.]) | \($m[.] | ms) | \($m[.] / $m.jni | round) times |"),
    "",
    "| VFs to vfio-pci and back, median in ms | understudy-vf | driverctl | dpdk-devbind |",
    "|---|---|---|---|",
    (.host.bind | to_entries[] | "| \(.key) | \(.value["understudy-vf"] | ms) | \(.value.driverctl | ms) | \(.value["dpdk-devbind"] | ms) |"),
    "",
    (.aims | to_entries[] | "* Aim: \(.key): \(if .value then "met" else "not met" end).")'
}

# record NAME VARIANT: writes the table to docs/benchmarks.md and the document to docs/benchmarks.
record() {
  local page=$here/docs/benchmarks.md
  mkdir -p "$here/docs/benchmarks"
  cp "$temporary/$1.json" "$here/docs/benchmarks/$2.json"
  "${1}_table" <"$temporary/$1.json" >"$temporary/table.md"
  sed -i -e "/<!-- $2 -->/,/<!-- end -->/{/<!-- $2 -->/{p;r $temporary/table.md
    };/<!-- end -->/p;d}" "$page"
}
