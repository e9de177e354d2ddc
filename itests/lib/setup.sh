# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# ./understudy setup: the Debian packages, each with its reason.

# package | file or program that shows that it is installed | reason
packages() {
  cat <<'LIST'
maven|mvn|builds the bundles
gcc|gcc|builds the native code and the program of the test guest
make|make|builds the native code
libc6-dev|/usr/include/stdio.h|C library for both
valgrind|valgrind|runs the native tests and finds errors that the sanitizers miss
strace|strace|witnesses in the native tests that nothing is written to a VF in use
gcc-aarch64-linux-gnu|aarch64-linux-gnu-gcc|builds the native code for aarch64 too
libc6-dev-arm64-cross|/usr/aarch64-linux-gnu/include/stdio.h|C library for aarch64
qemu-user|qemu-aarch64|runs the native tests as aarch64
qemu-system-x86|qemu-system-x86_64|runs the guests
libvirt0|/usr/share/doc/libvirt0|client library of libvirt with the test driver for tests of the connector
libvirt-daemon|libvirtd|daemon that tests of the connector disconnect, kill and restart
libvirt-daemon-driver-qemu|/usr/share/doc/libvirt-daemon-driver-qemu|driver with which libvirtd runs guests
ovmf|/usr/share/OVMF|UEFI firmware for guests
busybox-static|busybox|user space of the test guest
cpio|cpio|packs the initramfs of test guest and emulated host
kmod|depmod|orders the kernel modules of both
xz-utils|xz|unpacks kernel modules
openssh-client|ssh|runs commands in the emulated SR-IOV host
curl|curl|talks to the REST interface in the demo
jq|jq|reads its responses
iproute2|ip|network namespaces for tests of the gap probe, port of the emulated host
iputils-ping|ping|ICMP method of the gap probe
iputils-arping|arping|ARP method of the gap probe
util-linux|setpriv|runs QEMU as an unprivileged user
shellcheck|shellcheck|checks the scripts
openssl|openssl|certificates for tests of encrypted connections
postgresql|/usr/share/doc/postgresql|database server that tests of the history start themselves
python3|python3|runs the hooks for managers in the tests
nodejs|node|builds the console
npm|npm|installs the packages that the console is built of
chromium|chromium|runs the browser tests of the console, takes its screenshot
LIST
}

is_there() { case "$1" in /*) [ -e "$1" ] ;; *) PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null ;; esac; }

# Names of the packages that are not installed, on one line.
missing_packages() {
  local package sign missing=()
  while IFS='|' read -r package sign _; do
    is_there "$sign" || missing+=("$package")
  done < <(packages)
  choose_jdk || missing+=("$(jdk_package)")
  echo "${missing[*]}"
}

# Debian 12 has JDK 17, Debian 13 has JDK 21.
jdk_package() { if [ "$(debian_release)" = 12 ]; then echo openjdk-17-jdk-headless; else echo openjdk-21-jdk-headless; fi; }

debian_release() (
  # shellcheck source=/dev/null
  . "${OS_RELEASE:-/etc/os-release}" 2>/dev/null || true
  [ "${ID-}" = debian ] && echo "${VERSION_ID-}" || echo "${PRETTY_NAME:-an unknown system}"
)

report_packages() {
  local package sign why state
  printf '%-18s %-9s %s\n' package state purpose >&2
  while IFS='|' read -r package sign why; do
    state=installed
    is_there "$sign" || state=MISSING
    printf '%-18s %-9s %s\n' "$package" "$state" "$why" >&2
  done < <(packages; printf '%s|%s|%s\n' "$(jdk_package)" "$(choose_jdk && echo "$JAVA_HOME" || echo /nonexistent)" 'compiles and runs Karaf (JDK 17 to 23)')
}

setup() {
  local check=
  while [ $# -gt 0 ]; do
    case "$1" in
      --check) check=yes ;;
      *) die_usage "unknown option '$1' of setup" ;;
    esac
    shift
  done
  case "$(debian_release)" in
    12 | 13) ;;
    *) die "setup supports Debian 12 and 13; this is $(debian_release)" \
      "install the tools in itests/lib/setup.sh by hand; demo and test do not need setup" 3 ;;
  esac
  report_packages
  local missing
  missing=$(missing_packages)
  if [ -z "$missing" ]; then
    say "All packages are installed."
    return 0
  fi
  [ -z "$check" ] || { say "Missing: $missing"; return 1; }
  install_packages "$missing"
  missing=$(missing_packages)
  [ -z "$missing" ] || die "apt reported no error, but packages are still missing: $missing" "read the output of apt above"
  say "Done."
}

install_packages() {
  local as_root=() wanted
  read -ra wanted <<<"$1"
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || die "packages are missing ($1); installing them needs root, and there is no sudo" \
      "run as root: apt-get install --no-install-recommends $1"
    as_root=(sudo)
  fi
  require_free_disk /var/cache/apt 1500
  say "Installing: $1"
  "${as_root[@]}" apt-get update -qq >&2 || die "apt-get update failed" "check the network and /etc/apt/sources.list*"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${wanted[@]}" >&2 ||
    die "apt-get install failed" "read the message of apt above"
}
