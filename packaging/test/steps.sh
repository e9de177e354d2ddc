# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# A machine of a test of packages, and its steps (sourced): expects $here, the root of the checkout, and $suite, its Debian.

machine() { "$here/packaging/test/machine" "$@"; }
inside() { machine run "$root" "$@"; }

# check TEXT COMMAND: has to succeed in the machine.
check() {
  local text=$1
  shift
  inside "$@" >"$work/output" 2>&1 || fail "$text" "$work/output"
  pass "$text"
}

pass() {
  passed=$((passed + 1))
  echo "$name: $1 ($SECONDS s)"
}

fail() {
  echo "$name: FAILED: $1" >&2
  [ $# -lt 2 ] || tail -n 40 "$2" >&2
  [ -z "$booted" ] || inside sh -c 'systemctl status understudy-server --no-pager --lines 30
    grep -v " | INFO" /var/log/understudy/karaf.log | tail -n 30' 2>/dev/null | cut -c1-300 >&2 || true
  exit 1
}

end() {
  [ -z "$booted" ] || { inside systemctl halt --force --force 2>/dev/null || true; wait "$booted" 2>/dev/null || true; }
  rm -rf "$work"
}

# open_machine NAME: its files. Steps are printed with that name.
open_machine() {
  name=$1 passed=0 booted=''
  work=$(mktemp -d "${TMPDIR:-/tmp}/understudy-machine.XXXXXX")
  root=$work/root
  trap end EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  mkdir "$root"
  tar -xf "$("$here/packaging/test/root" "$suite")" -C "$root"
  echo machine >"$root/etc/hostname"
  echo "127.0.0.1 localhost machine" >"$root/etc/hosts"
}

# boot_machine COMMANDS: runs these with the network of this host, then starts the machine, which has none.
boot_machine() {
  machine chroot "$root" sh -ec "$1" >"$work/output" 2>&1 || fail "the packages that ours depend on cannot be loaded" "$work/output"
  machine boot "$root" >/dev/null 2>&1 &
  booted=$!
  for _ in $(seq 60); do
    ! inside systemctl is-system-running --wait >/dev/null 2>&1 || return 0
    sleep 1
  done
  fail "systemd does not start" "$root/var/log/boot.log"
}
