# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: Apache-2.0
# ./understudy test --hardware (sourced with test.sh): the tests of SR-IOV hosts, on a real machine. docs/hardware.md.

hardware_tests() {
  local file=$1 yes=$2 restore=$3 only=$4 failed=0
  address='' port=22 user=root key='' known_hosts=$HOME/.ssh/known_hosts pf='' vfs=4 tester=nobody java=''
  read_machine_file "$file"
  open_machine
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  if [ "$restore" = yes ]; then
    restore_machine || die "$address is not restored; the reason or the difference is above" "correct it, then run with --restore again" 1
    return
  fi
  require_setup
  inspect_machine
  confirm "$yes"
  forget_reports
  deliver_guest "$temporary/guest"
  begin_on_machine
  hardware_suite "$only" || failed=1
  leave_machine || failed=1
  count_reports "$failed"
}

# Lines of 'key = value'; '#' begins a comment.
read_machine_file() {
  local file=$1 line number=0 name value
  [ -f "$file" ] || die_usage "file '$file' does not exist"
  while IFS= read -r line || [ -n "$line" ]; do
    number=$((number + 1))
    [[ ! $line =~ ^[[:space:]]*(#|$) ]] || continue
    [[ $line =~ ^[[:space:]]*([a-z-]+)[[:space:]]*=[[:space:]]*(.*[^[:space:]])[[:space:]]*$ ]] ||
      die "line $number of $file is not 'key = value'" "docs/hardware.md" 2
    name=${BASH_REMATCH[1]} value=${BASH_REMATCH[2]}
    # The values become options and lines of a file for ssh.
    [[ $value =~ ^[A-Za-z0-9/_][A-Za-z0-9/._:@%+-]*$ ]] || die "line $number of $file: '$value' is not a valid value of $name" "docs/hardware.md" 2
    case $name in
      address | port | user | key | pf | vfs | tester | java) printf -v "$name" '%s' "$value" ;;
      known-hosts) known_hosts=$value ;;
      *) die "line $number of $file: key '$name' is unknown" "docs/hardware.md" 2 ;;
    esac
  done <"$file"
  for name in address key pf; do
    [ -n "${!name}" ] || die "key '$name' is missing in $file" "docs/hardware.md" 2
  done
  [[ $port =~ ^[0-9]{1,5}$ && $vfs =~ ^[0-9]{1,3}$ ]] || die "port and vfs in $file must be numbers" "docs/hardware.md" 2
  for name in "$key" "$known_hosts"; do
    [ -r "$name" ] || die "$name cannot be read" "docs/hardware.md" 2
  done
}

# One connection for all commands. The folder is like that of an emulated host, so that itests/lab/host can run commands.
open_machine() {
  # Not in the cache: the user of QEMU cannot read the home of root.
  temporary=$(mktemp -d "${TMPDIR:-/tmp}/understudy-test.XXXXXX")
  trap close_machine EXIT
  chmod 711 "$temporary"
  machine=$temporary/machine
  mkdir -m 700 "$machine"
  cat >"$machine/ssh_config" <<CONFIG
Host *
  HostName $address
  Port $port
  User $user
  IdentityFile $(realpath "$key")
  IdentitiesOnly yes
  UserKnownHostsFile $(realpath "$known_hosts")
  StrictHostKeyChecking yes
  BatchMode yes
  ConnectTimeout 10
  ServerAliveInterval 5
  LogLevel ERROR
  ControlPath $machine/mux
CONFIG
  setsid ssh -F "$machine/ssh_config" -o ControlMaster=yes -fN machine </dev/null || die "no connection to $user@$address, port $port" "ssh -p $port -i $key -o UserKnownHostsFile=$known_hosts $user@$address" 3
}

# Restores the machine in every case.
close_machine() {
  trap '' INT TERM HUP
  leave_machine || true
  ssh -F "$machine/ssh_config" -O exit machine 2>/dev/null || true
  rm -rf "$temporary"
}

# In a separate session, because Ctrl-C must not interrupt it. Its standard input is a file, because the terminal is used for
# the confirmation.
on_machine() { setsid -w "$here/itests/lab/host" run "$machine" "$@"; }

# machine COMMAND...: runs itests/lab/machine on the machine.
machine() { on_machine bash -s -- "$@" <"$here/itests/lab/machine"; }

inspect_machine() {
  local connection seen
  read -ra connection <<<"$(on_machine printenv SSH_CONNECTION </dev/null)"
  on_machine id -u "$tester" </dev/null >/dev/null || die "user $tester does not exist on the machine" "set another user with the key 'tester' in $file" 3
  seen=$(machine inspect "$pf" "${connection[0]}" "${connection[2]}") || die "the machine cannot be inspected" "see the messages above" 3
  say "$address:"
  say "$(grep -v '^refuse: ' <<<"$seen" | sed 's/^/  /')"
  if grep -q '^refuse: ' <<<"$seen"; then
    say "$(sed -n 's/^refuse: /understudy: refused: /p' <<<"$seen")"
    exit 4
  fi
  say "The tests will
  use $pf and its VFs, and no other PF; bring $pf up; remove all its VFs and create as many again, $vfs if there are none;
  set MAC, VLAN, trust, spoof check and rate of VFs, bind them to vfio-pci, start guests with them;
  set forwarding entries of $pf, and add it to a new bridge if it is in none;
  write /etc/understudy, /var/lib/understudy-vf, /usr/local/sbin/understudy-vf-test and /var/lib/understudy-hardware;
  load modules for vfio, tun and bridge. Afterwards all this is restored and compared."
}

# confirm YES: by the user at the terminal, or by --yes.
confirm() {
  local answer=
  [ "$1" != yes ] || return 0
  [ -t 0 ] || die "confirmation needs a terminal" "read the list above, then run with --yes" 4
  printf 'Type the name of the PF to continue: ' >&2
  read -r answer || true
  [ "$answer" = "$pf" ] || die "not confirmed; nothing was changed" "type $pf, or run with --yes" 4
}

begin_on_machine() {
  local facts status=0
  begun=yes
  facts=$(machine begin "$pf" "$vfs") || status=$?
  if [ "$status" = 4 ]; then begun=; fi # by another run
  [ "$status" = 0 ] || die "the machine cannot be prepared" "see the messages above" "$status"
  [ -n "$java" ] || java=$(on_machine readlink -f /usr/bin/java </dev/null | sed -n 's:/bin/java$::p') || java=
  printf '%s\n' "pf=$pf" "tester=$tester" "java=$java" "$facts" >"$machine/facts"
}

hardware_suite() {
  local test=(-Dgroups=sriov-host)
  [ -z "$1" ] || test+=("-Dit.test=$1,!*Test" -Dfailsafe.failIfNoSpecifiedTests=false)
  UNDERSTUDY_HARDWARE=$machine run_suite -pl '!itests/lanes/two-hosts' -fae -Dtest=NONE \
    -Dsurefire.failIfNoSpecifiedTests=false "${test[@]}"
}

leave_machine() {
  [ -z "$suite" ] || end_suite
  [ -n "${begun-}" ] || return 0
  begun=
  restore_machine || {
    say "understudy: $address is NOT restored. The difference is above; lines with '-' show the state before."
    say "  remedy: run ./understudy test --hardware FILE --restore as soon as the machine is reachable"
    return 1
  }
}

restore_machine() {
  say "Restoring $address ..."
  machine end "$pf" >&2 || return 1
  say "$address is restored."
}
