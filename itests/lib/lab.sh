# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# ./understudy lab: two emulated SR-IOV hosts with libvirt, and the networks between them. itests/lab/README.md.

hosts=(alpha beta) ups=() unmapped=''
vm_mac=52:54:00:11:22:33 vm_address=10.88.0.50

lab() {
  local command=${1-}
  [ $# -eq 0 ] || shift
  if [ "$command" = up ] && [ "${1-}" = --no-intremap ]; then
    [[ ${2-} =~ ^(alpha|beta)$ ]] || die_usage "--no-intremap takes alpha or beta, not '${2-}'"
    unmapped=$2
    shift 2
  fi
  [ $# -eq 0 ] || die_usage "unexpected argument '$1' of lab $command"
  # Contains sockets, whose paths must be short.
  stage=${UNDERSTUDY_LAB:-${TMPDIR:-/tmp}/understudy-lab.$(id -u)}
  # Another user could have created it, with a configuration of ssh in it.
  if [ -L "$stage" ] || { [ -e "$stage" ] && [ ! -O "$stage" ]; }; then
    die "$stage belongs to another user" "set UNDERSTUDY_LAB to a folder of your own"
  fi
  case "$command" in
    up | status | virsh | test | down) "lab_$command" ;;
    *) die_usage "lab takes up, status, virsh, test or down" ;;
  esac
}

emulated() { "$here/itests/lab/host" "$@"; }

# on HOST COMMAND...
on() {
  local host=$1
  shift
  timeout -k 5 "${deadline:-60}" "$here/itests/lab/host" run "$stage/$host" "$@"
}

lab_up() {
  local started=$SECONDS host number=0 up options
  require_setup
  [ ! -e "$stage" ] || die "a lab is already up in $stage" "./understudy lab down"
  require_free_disk "$(dirname "$stage")" 500
  mkdir -m 700 "$stage" || die "cannot create $stage" "set UNDERSTUDY_LAB to another folder"
  trap '[ $? = 0 ] || lab_down' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  deliver_guest "$stage/guest"
  "$here/itests/lab/build-host" >/dev/null
  start_wire
  for host in "${hosts[@]}"; do
    number=$((number + 1))
    options=(--libvirt --name "$host" --lab "$stage" --number "$number" --share "$stage/guest")
    [ "$host" != "$unmapped" ] || options+=(--no-intremap)
    UNDERSTUDY_LAB_PATIENCE=${UNDERSTUDY_LAB_PATIENCE:-240} emulated up "${options[@]}" "$stage/$host" &
    ups+=($!)
  done
  for up in "${ups[@]}"; do wait "$up" || die "a host did not start; its output is above" "run it again on a less busy machine" 1; done
  for host in "${hosts[@]}"; do define_pool "$host"; done
  say "The lab is up after $((SECONDS - started)) s:"
  for host in "${hosts[@]}"; do echo "$host qemu+unix:///system?socket=$stage/$host/libvirt-sock"; done
}

start_wire() {
  gcc -std=c17 -O2 -Wall -Wextra -Werror -o "$stage/wire" "$here"/itests/lab/{wire,endpoint}.c
  setsid "$stage/wire" "$stage" "${#hosts[@]}" </dev/null >"$stage/wire.log" 2>&1 &
  echo $! >"$stage/wire.pid"
}

define_pool() {
  on "$1" sh -ec 'cat >/run/pool.xml; virsh -q net-define /run/pool.xml; virsh -q net-start vf-pool' <<'XML' ||
<network>
  <name>vf-pool</name>
  <forward mode='hostdev' managed='yes'><pf dev='enp1s0'/></forward>
</network>
XML
    die "libvirt on $1 cannot create the network of its VFs" "see $stage/$1/console.log" 1
}

require_lab() { [ -e "$stage/wire.pid" ] || die "no lab is up" "./understudy lab up" 1; }

lab_status() {
  local host
  require_lab
  for host in "${hosts[@]}"; do
    echo "$host"
    on "$host" bash -s <<'SCRIPT' || echo "  unreachable"
for vf in /sys/class/net/enp1s0/device/virtfn*; do
  link=$(readlink "$vf") driver=$(readlink "$vf/driver")
  echo "  VF ${link##*/} ${driver##*/}"
done
virsh -q list --all | sed 's/^ */  VM /'
SCRIPT
  done
  echo wire
  figures | sed 's/^/  /'
}

# The counters of the endpoint since the last watch command.
figures() {
  rm -f "$stage/figures"
  command_wire figures
  await 10 "the wire's figures" test -e "$stage/figures"
  cat "$stage/figures"
}

# Without a reader, opening the pipe blocks forever.
command_wire() {
  wire_runs || die "the wire has ended" "see $stage/wire.log, then run ./understudy lab down" 1
  echo "$1" >"$stage/wire.control"
}

# The PID alone is not sufficient: it may be reused by another process.
wire_runs() { [ -s "$stage/wire.pid" ] && [ "$(readlink "/proc/$(cat "$stage/wire.pid")/exe")" = "$(realpath "$stage/wire")" ]; }

# await SECONDS WHAT COMMAND...: checks after each $pause.
await() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || die "timeout while waiting for $what" "see the logs in $stage, and run ./understudy lab status" 1
    sleep "${pause:-0.2}"
  done
}

lab_test() {
  lab_virsh
  # shellcheck source=itests/lib/test.sh
  . "$here/itests/lib/test.sh"
  run_tests --only 'LabFaultsIT,VfioRefusedIT,HookScenarioIT'
}

# Migrates a pair with virsh alone, in a new lab unless one is up.
lab_virsh() {
  local own='' host
  if [ ! -e "$stage" ]; then
    lab_up
    own=yes
    trap lab_down EXIT
  fi
  start_pair
  migrate_pair alpha beta "virsh migrate"
  migrate_pair beta alpha "virsh migrate"
  # With the entry, frames that the PF receives for the VM reach also the bridge, and so the standby NIC.
  for host in "${hosts[@]}"; do on "$host" bridge fdb add "$vm_mac" dev enp1s0 self; done
  migrate_pair alpha beta "virsh migrate, and a forwarding entry set by hand"
  migrate_pair beta alpha "virsh migrate, and a forwarding entry set by hand"
  for host in "${hosts[@]}"; do on "$host" bridge fdb del "$vm_mac" dev enp1s0 self; done
  on alpha virsh -q destroy pair
  command_wire "watch nothing"
  [ -z "$own" ] || { trap - EXIT; lab_down; }
}

# Starts a guest whose primary is a VF of the pool, with libvirt alone.
start_pair() {
  say "Starting a guest with a failover pair on alpha ..."
  on alpha sh -ec 'cat >/run/pair.xml; virsh -q create /run/pair.xml' <<XML || die "the guest does not start" "see /var/log/libvirt on alpha" 1
<domain type='kvm'>
  <name>pair</name>
  <memory unit='MiB'>160</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>$stage/guest/vmlinux</kernel>
    <initrd>$stage/guest/initrd.img</initrd>
    <cmdline>console=ttyS0 quiet mitigations=off no_timer_check cryptomgr.notests understudy.ip=$vm_address/24 understudy.gw=10.88.0.1 understudy.heartbeat=10.88.0.1:9 understudy.interval=50</cmdline>
  </os>
  <features><acpi/><apic/></features>
  <cpu mode='host-passthrough'/>
  <devices>
    <controller type='usb' model='none'/>
    <interface type='bridge'>
      <mac address='$vm_mac'/>
      <source bridge='br0'/>
      <model type='virtio'/>
      <teaming type='persistent'/>
      <alias name='ua-standby0'/>
    </interface>
    <interface type='network'>
      <mac address='$vm_mac'/>
      <source network='vf-pool'/>
      <teaming type='transient' persistent='ua-standby0'/>
      <alias name='ua-primary0'/>
    </interface>
    <serial type='file'><source path='/run/pair.serial'/><target port='0'/></serial>
    <memballoon model='none'/>
  </devices>
</domain>
XML
  pause=1 await 180 "the guest's traffic on its VF" uses_vf alpha # a command on the host takes its CPU 100 ms
}

uses_vf() { on "$1" tail -qn 1 /run/pair.serial 2>/dev/null | grep -q 'path=primary .*=primary,.*,igbvf,up,1'; }

vfs_in_use() { on "$1" sh -c 'ls -d /sys/bus/pci/drivers/vfio-pci/0000:* 2>/dev/null | wc -l'; }

answers() { figures | grep -q '^pings sent=[1-9][0-9]'; }

# migrate_pair FROM TO HOW: with virsh alone; prints the packet loss that the endpoint measured.
migrate_pair() {
  local from=$1 to=$2 address=10.77.0.2 began ended
  [ "$to" = beta ] || address=10.77.0.1
  command_wire "watch $vm_address"
  await 60 "ping replies of the guest" answers
  on "$to" rm -f /run/pair.serial
  began=$EPOCHREALTIME
  deadline=300 on "$from" virsh -q migrate --live --p2p pair "qemu+tcp://$address/system" "tcp://$address" ||
    die "the migration from $from to $to failed" "see the logs of libvirt on both" 1
  ended=$EPOCHREALTIME
  pause=1 await 120 "the guest's traffic on a VF of $to" uses_vf "$to"
  [ "$(vfs_in_use "$from") $(vfs_in_use "$to")" = "0 1" ] || die "VFs in use are not 0 on $from and 1 on $to" "./understudy lab status" 1
  sleep 2 # a ping without a reply counts as lost after 1 s
  echo "$from to $to by $3: $(((${ended/./} - ${began/./}) / 1000)) ms"
  figures | sed 's/^/  /'
}

lab_down() {
  local host pid
  trap '' INT TERM HUP
  trap - EXIT
  [ -e "$stage" ] || return 0
  # A host that is still starting cleans up by itself.
  for pid in "${ups[@]}"; do
    ! kill "$pid" 2>/dev/null || wait "$pid" || true
  done
  for host in "${hosts[@]}"; do
    [ ! -e "$stage/$host" ] || emulated down "$stage/$host" || true
  done
  ! wire_runs || kill "$(cat "$stage/wire.pid")"
  rm -rf "$stage"
}
