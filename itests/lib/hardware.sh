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
    restore_machine || die "it was not put back; why, or what is different, is above" "mend that, then run with --restore again" 1
    return
  fi
  require_setup
  look_at_machine
  agree "$yes"
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
  [ -f "$file" ] || die_usage "there is no file '$file'"
  while IFS= read -r line || [ -n "$line" ]; do
    number=$((number + 1))
    [[ ! $line =~ ^[[:space:]]*(#|$) ]] || continue
    [[ $line =~ ^[[:space:]]*([a-z-]+)[[:space:]]*=[[:space:]]*(.*[^[:space:]])[[:space:]]*$ ]] ||
      die "line $number of $file is not 'key = value'" "docs/hardware.md" 2
    name=${BASH_REMATCH[1]} value=${BASH_REMATCH[2]}
    # These become words of options and of a file for ssh.
    [[ $value =~ ^[A-Za-z0-9/_][A-Za-z0-9/._:@%+-]*$ ]] || die "line $number of $file: '$value' is no value for $name" "docs/hardware.md" 2
    case $name in
      address | port | user | key | pf | vfs | tester | java) printf -v "$name" '%s' "$value" ;;
      known-hosts) known_hosts=$value ;;
      *) die "line $number of $file: the key '$name' is not known" "docs/hardware.md" 2 ;;
    esac
  done <"$file"
  for name in address key pf; do
    [ -n "${!name}" ] || die "$file lacks the key '$name'" "docs/hardware.md" 2
  done
  [[ $port =~ ^[0-9]{1,5}$ && $vfs =~ ^[0-9]{1,3}$ ]] || die "port and vfs in $file are numbers" "docs/hardware.md" 2
  for name in "$key" "$known_hosts"; do
    [ -r "$name" ] || die "$name cannot be read" "docs/hardware.md" 2
  done
}

# One connection for all commands, as with an emulated host, whose folder this is made like: itests/lab/host runs commands.
open_machine() {
  # Not in the cache: the home of root is closed to the user that QEMU runs as.
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

# Whatever happens, the machine is left as it was.
close_machine() {
  trap '' INT TERM HUP
  leave_machine || true
  ssh -F "$machine/ssh_config" -O exit machine 2>/dev/null || true
  rm -rf "$temporary"
}

# In a session of its own: Ctrl-C must not end it in the middle.
# What it is told on standard input comes from a file: the terminal's belongs to whoever is asked.
on_machine() { setsid -w "$here/itests/lab/host" run "$machine" "$@"; }

# machine COMMAND...: itests/lab/machine, there.
machine() { on_machine bash -s -- "$@" <"$here/itests/lab/machine"; }

look_at_machine() {
  local connection seen
  read -ra connection <<<"$(on_machine printenv SSH_CONNECTION </dev/null)"
  on_machine id -u "$tester" </dev/null >/dev/null || die "there is no user $tester on the machine" "name one with the key 'tester'" 3
  seen=$(machine look "$pf" "${connection[0]}" "${connection[2]}") || die "the machine cannot be looked at" "look at the messages above" 3
  say "$address:"
  say "$(grep -v '^refuse: ' <<<"$seen" | sed 's/^/  /')"
  if grep -q '^refuse: ' <<<"$seen"; then
    say "$(sed -n 's/^refuse: /understudy: refused: /p' <<<"$seen")"
    exit 4
  fi
  say "The tests will
  take $pf and its VFs, and no other PF; bring $pf up; take away all its VFs and make as many again, $vfs if there are none;
  set MAC, VLAN, trust, spoof check and rate of VFs, bind them to vfio-pci, start guests on them;
  set forwarding entries of $pf, and put it into a bridge of their own if it is in none;
  write /etc/understudy, /var/lib/understudy-vf, /usr/local/sbin/understudy-vf-test and /var/lib/understudy-hardware;
  load modules for vfio, tun and bridge. Afterwards all this is put back and compared."
}

# agree YES: of whoever sits there, or by --yes.
agree() {
  local answer=
  [ "$1" != yes ] || return 0
  [ -t 0 ] || die "nobody can be asked here" "--yes, after reading what is above" 4
  printf 'Go on? Then type the name of the PF: ' >&2
  read -r answer || true
  [ "$answer" = "$pf" ] || die "not agreed; nothing was changed" "type $pf, or give --yes" 4
}

begin_on_machine() {
  local facts status=0
  begun=yes
  facts=$(machine begin "$pf" "$vfs") || status=$?
  if [ "$status" = 4 ]; then begun=; fi # by somebody else
  [ "$status" = 0 ] || die "the machine cannot be made ready" "look at the messages above" "$status"
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
    say "understudy: $address is NOT as it was. What is different is above; lines with '-' tell how it was."
    say "  remedy: ./understudy test --hardware FILE --restore, as soon as the machine answers"
    return 1
  }
}

restore_machine() {
  say "Putting $address back ..."
  machine end "$pf" >&2 || return 1
  say "$address is as it was."
}
