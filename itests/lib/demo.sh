# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# ./understudy demo: migrates a real guest with a failover pair between two hosts on this machine.

demo() {
  local once='' json='' port='' screenshot=''
  while [ $# -gt 0 ]; do
    case "$1" in
      --once) once=yes ;;
      --json) json=yes ;;
      --port)
        port=${2-}
        if ! [[ $port =~ ^[0-9]{4,5}$ ]] || [ "$port" -lt 1024 ] || [ "$port" -gt 65535 ]; then
          die_usage "--port takes a number from 1024 to 65535, not '$port'"
        fi
        shift
        ;;
      --screenshot)
        screenshot=${2-}
        [ -n "$screenshot" ] || die_usage "--screenshot takes a file name"
        shift
        ;;
      *) die_usage "unknown option '$1' of demo" ;;
    esac
    shift
  done
  [ -z "$json" ] || [ -n "$once" ] || die_usage "--json requires --once"
  require_setup
  require_free_disk "${TMPDIR:-/tmp}" 1000
  require_free_disk "$here" 1000

  http_port=${port:-$(free_port)}
  ! port_in_use "$http_port" || die "port $http_port is in use" "choose another one with --port, or omit --port"

  build_all
  open_stage
  start_karaf
  define_guest
  local migration outcome=0
  migrate_guest migration || outcome=1
  if [ -n "$json" ]; then summary_json "$migration"; else summary_text "$migration"; fi
  [ -z "$screenshot" ] || take_screenshot "$screenshot" "$migration"
  if [ -z "$once" ]; then
    say
    say "The console is at http://127.0.0.1:$http_port/understudy (user admin, password $password)."
    say "Ctrl-C ends the demo and removes everything it made."
    wait_for_interrupt
  fi
  return "$outcome"
}

# Skipped if the tests have built it already.
build_all() {
  [ -z "${UNDERSTUDY_BUILT-}" ] || return 0
  say "Building Understudy ..."
  local log
  log=$(mktemp)
  if ! maven -q package -DskipTests >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    rm -f "$log"
    die "the build failed; its last lines are above" "run 'mvn package -DskipTests' for the complete output" 1
  fi
  rm -f "$log"
}

# The stage is the one temporary folder of a demo: Karaf, the two hosts' folders, the guest's kernel.
open_stage() {
  stage=$(mktemp -d "${TMPDIR:-/tmp}/understudy-demo.XXXXXX")
  trap close_stage EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  chmod 711 "$stage" # the unprivileged QEMU needs search permission
  # Writable for the QEMU of both hosts, whose user may differ.
  touch "$stage/serial.log"
  chmod 666 "$stage/serial.log"
  say "Building the test guest ..."
  deliver_guest "$stage/guest"
  mkdir "$stage/karaf"
  tar -xzf "$here"/features/distribution/target/understudy-karaf-*.tar.gz -C "$stage/karaf" --strip-components=1
}

close_stage() {
  trap '' INT TERM HUP
  trap - EXIT
  set +e # a failure must not stop the cleanup
  say "Cleaning up ..."
  if [ -n "${karaf_pid-}" ]; then
    api -X POST vms/demo/destroy >/dev/null 2>&1 || true
    stop_karaf
  fi
  end_leftover_guests
  rm -rf "$stage"
}

start_karaf() {
  password=$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')
  ssh_port=$(free_port)
  heartbeat_port=$(free_port udp)
  local etc=$stage/karaf/etc
  # The demo adds no user to this machine.
  local user
  user=$(id -un)
  [ "$user" != root ] || user=nobody
  cat >"$etc/understudy.yaml" <<YAML
hosts:
  - name: alpha
    connector: qemu
    directory: $stage/alpha
    user: $user
  - name: beta
    connector: qemu
    directory: $stage/beta
    user: $user
pools:
  - name: stand-in
    kind: emulated
    model: e1000e
allow-emulated-primary: true
migration:
  settle: 1s
probes:
  demo: heartbeat:127.0.0.1:$heartbeat_port/1
YAML
  printf 'admin = %s,_g_:admingroup\n_g_\\:admingroup = group,admin,manager,viewer,systembundles,ssh\n' "$password" >"$etc/users.properties"
  chmod 600 "$etc/users.properties"
  sed -i "s/^org.osgi.service.http.port *=.*/org.osgi.service.http.port = $http_port/" "$etc/org.ops4j.pax.web.cfg"
  sed -i "s/^sshPort *=.*/sshPort = $ssh_port/" "$etc/org.apache.karaf.shell.cfg"
  say "Starting Karaf on port $http_port ..."
  # A demo with --once needs no JDWP port, because it ends by itself.
  export EXTRA_JAVA_OPTS=${EXTRA_JAVA_OPTS-}
  [ -n "$once" ] || EXTRA_JAVA_OPTS+=" $(jdwp_on_request "$(free_port)")"
  "$stage/karaf/bin/karaf" daemon >"$stage/karaf.out" 2>&1 </dev/null &
  karaf_pid=$!
  wait_until 90 "Karaf's console to answer" api_answers
}

stop_karaf() {
  kill "$karaf_pid" 2>/dev/null || return 0
  local n
  for n in $(seq 100); do
    kill -0 "$karaf_pid" 2>/dev/null || return 0
    [ "$n" != 90 ] || kill -KILL "$karaf_pid" 2>/dev/null || true
    sleep 0.2
  done
}

# A guest survives Karaf by design, so the guests of an interrupted demo are found by their PID files.
end_leftover_guests() {
  local file pid
  for file in "$stage"/alpha/*/q/qemu.pid "$stage"/beta/*/q/qemu.pid; do
    [ -e "$file" ] || continue
    pid=$(cat "$file")
    if tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "$stage"; then kill -KILL "$pid" 2>/dev/null || true; fi
  done
}

# api [CURL OPTIONS] PATH: prints the response; an error response is in $stage/refusal.
api() {
  local args=() path answer
  while [ $# -gt 1 ]; do args+=("$1"); shift; done
  path=$1
  if answer=$(curl --silent --fail-with-body --max-time 60 --user "admin:$password" -H 'X-Requested-With: understudy' \
    "${args[@]}" "http://127.0.0.1:$http_port/understudy/api/v1/$path"); then
    printf '%s\n' "$answer"
  else
    printf '%s\n' "$answer" >"$stage/refusal"
    return 1
  fi
}

api_answers() {
  if ! kill -0 "$karaf_pid" 2>/dev/null; then
    tail -n 30 "$stage/karaf.out" >&2
    die "Karaf ended while starting; its last lines are above" "check JAVA_HOME and memory" 1
  fi
  # Both hosts must be connected before the next call.
  [ "$(api hosts 2>/dev/null | jq '[.[] | select(.available)] | length' 2>/dev/null)" = 2 ]
}

define_guest() {
  local xml=$stage/demo.xml
  cat >"$xml" <<XML
<domain type='qemu'>
  <name>demo</name>
  <!-- 192 MiB and 8 KiB: no multiple of 256 KiB, because of TCG before QEMU 9.0 (docs/qemu.md). -->
  <memory unit='KiB'>196616</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>$stage/guest/vmlinux</kernel>
    <initrd>$stage/guest/initrd.img</initrd>
    <cmdline>console=ttyS0 quiet no_timer_check understudy.heartbeat=10.0.2.2:$heartbeat_port understudy.stream=1</cmdline>
  </os>
  <features>
    <acpi/>
  </features>
  <cpu mode='maximum'/>
  <devices>
    <!-- A plain virtio NIC; the demo adds the failover pair. -->
    <interface type='user'>
      <mac address='52:54:00:11:22:33'/>
      <model type='virtio'/>
    </interface>
    <serial type='file'>
      <source path='$stage/serial.log' append='on'/>
      <target port='0'/>
    </serial>
    <memballoon model='none'/>
  </devices>
</domain>
XML
  say "Defining a VM on host alpha, switching its failover pair on, starting it ..."
  api -X POST -H 'Content-Type: application/xml' --data-binary "@$xml" 'vms?host=alpha' >/dev/null || api_failed "define the VM"
  api -X POST -H 'Content-Type: application/json' --data '{"nic":"only","pool":"stand-in"}' vms/demo/pairs >"$stage/pair.json" || api_failed "switch the pair on"
  [ "$(jq -r .changed "$stage/pair.json")" = true ] || { cat "$stage/pair.json" >&2; die "the pair was not switched on" "read the findings above" 1; }
  api -X POST vms/demo/start >/dev/null || api_failed "start the VM"
  wait_until 120 "the guest to use its primary" pair_health active
}

api_failed() {
  jq -r '.detail // ., (.findings[]? | "  \(.message)")' "$stage/refusal" >&2 2>/dev/null || cat "$stage/refusal" >&2
  die "could not $1; the response of the server is above" "$(jq -r '.remedy // "see the log of Karaf"' "$stage/refusal" 2>/dev/null)" 1
}

pair_health() { [ "$(api vms/demo 2>/dev/null | jq -r '.pairs[0].health')" = "$1" ]; }

# migrate_guest VARIABLE: sets it to the JSON of the migration; fails unless the migration completed and the primary is in use.
migrate_guest() {
  local -n result=$1
  local id seen='' line
  say "Migrating from alpha to beta while the guest keeps sending ..."
  # Heartbeats before the migration are needed for comparison.
  wait_until 30 "the settle time to pass" preflight_is_clean
  id=$(api -X POST -H 'Content-Type: application/json' --data '{"vm":"demo","destination":"beta"}' migrations | jq -r .id) || api_failed "start the migration"
  while :; do
    result=$(api "migrations/$id") || api_failed "follow the migration"
    while IFS= read -r line; do
      grep -qxF -- "$line" <<<"$seen" || { say "$line"; seen+=$line$'\n'; }
    done < <(step_lines "$result")
    [ "$(jq -r '.outcome // ""' <<<"$result")" = '' ] || break
    sleep 0.2
  done
  [ "$(jq -r .outcome <<<"$result")" = completed ] || return 1
  [ "$(jq -r .networkGap.kind <<<"$result")" = measured ] || return 1
  wait_until 30 "the guest to report that the primary is in use" guest_sees_primary
}

preflight_is_clean() { [ "$(api 'vms/demo/preflight?destination=beta' 2>/dev/null | jq '[.[] | select(.severity == "error")] | length')" = 0 ]; }

step_lines() {
  jq -r '.steps | to_entries[] | select(.value.state != "pending" and .value.state != "running")
    | "  \(.key + 1) \(.value.step)  \(.value.state)  \(.value.durationMs // 0 | round) ms"' <<<"$1"
}

# The guest reports on its serial console; the format is in itests/guest/README.md.
guest_sees_primary() { tail -n 1 "$stage/serial.log" | grep -q 'path=primary'; }

summary_json() {
  jq --arg qemu "$(api hosts | jq -r '.[0].summary')" --slurpfile vm <(api vms/demo) \
    '{qemu: $qemu, vm: $vm[0], migration: .}' <<<"$1"
}

summary_text() {
  jq -r '"", "Primary       \(.primaries | join(", "))",
    "Outcome       \(.outcome)",
    "Downtime      \(.downtimeMs // "unknown") ms",
    "On standby    \(.onStandbyMs // "unknown") ms",
    (.networkGap | if .kind == "measured"
      then "Network gap   \(.longestGapMs) ms longest, \(.lost) of \(.sent) packets lost, \(.duplicated) duplicated, \(.reordered) reordered (\(.method), one packet every \(.intervalMs) ms)"
      else "Network gap   not measured: \(.reason)" end),
    (.findings[]? | select(.severity != "notice") | "\(.severity | ascii_upcase)  \(.message)")' <<<"$1"
}

# A screenshot of the page of the migration. Its content arrives by events after the page is loaded.
take_screenshot() {
  UNDERSTUDY_USER=admin UNDERSTUDY_PASSWORD=$password node "$here/bundles/web/target/console.tests/screenshot.mjs" \
    "http://127.0.0.1:$http_port/understudy/migrations/$(jq -r .id <<<"$2")" 'Release VF on source' "$1"
  say "Screenshot: $1"
}

wait_for_interrupt() {
  while kill -0 "$karaf_pid" 2>/dev/null; do sleep 1 & wait $!; done
  show_logs
  die "Karaf ended unexpectedly" "see the logs above" 1
}

# wait_until SECONDS WHAT COMMAND...
wait_until() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null; do
    [ "$SECONDS" -lt "$end" ] || { show_logs; die "timeout while waiting for $what" "see the logs above" 1; }
    sleep 0.2
  done
}

show_logs() {
  tail -n 15 "$stage/serial.log" "$stage/karaf/data/log/karaf.log" "$stage"/{alpha,beta}/*/qemu.log >&2 2>/dev/null || true
}
