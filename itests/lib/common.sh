# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Functions of setup, demo and test. Sourced; expects $here, the root of the checkout.

say() { printf '%s\n' "$*" >&2; }

# die TEXT [REMEDY [STATUS]]: prints an error and exits; status 3 means that a requirement is missing.
die() {
  say "understudy: $1"
  [ $# -lt 2 ] || say "  remedy: $2"
  exit "${3-3}"
}

# jdwp_on_request PORT: a JVM's option that lets jcmd open a JDWP port (./understudy dev --debug); until then there is none.
jdwp_on_request() { echo "-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=127.0.0.1:$1,onjcmd=y"; }

die_usage() { die "$1" "./understudy --help" 2; }

project_version() { sed -n 's:^  <version>\(.*\)</version>$:\1:p' "${here:?}/pom.xml" | head -n 1; }

# The major version of the JDK in $1, or 0.
jdk_major() {
  local line
  [ -x "$1/bin/javac" ] || { echo 0; return; }
  line=$("$1/bin/javac" -version 2>&1) || line=
  line=${line#javac }
  echo "${line%%[!0-9]*}" | grep . || echo 0
}

# Sets JAVA_HOME to a JDK that Karaf 4.4 runs on: 17 up to 23.
choose_jdk() {
  local home major
  for home in "${JAVA_HOME-}" "$(java_on_path)" /usr/lib/jvm/*17* /usr/lib/jvm/*21*; do
    [ -n "$home" ] || continue
    major=$(jdk_major "$home")
    if [ "$major" -ge 17 ] && [ "$major" -le 23 ]; then
      export JAVA_HOME=$home
      return 0
    fi
    if [ "$home" = "${JAVA_HOME-}" ] && [ "$major" -ge 24 ]; then
      say "JAVA_HOME is a JDK $major, which Karaf 4.4 does not support (17 to 23); searching for another JDK"
    fi
  done
  return 1
}

java_on_path() {
  local javac
  javac=$(command -v javac) || return 0
  dirname "$(dirname "$(readlink -f "$javac")")"
}

# Runs the installed Maven, or that of the wrapper.
maven() {
  local mvn=("$here/mvnw")
  ! command -v mvn >/dev/null || mvn=(mvn)
  # File modes are stored in the jars, which must be reproducible. In a build, neither the C2
  # compiler nor a parallel collector pays off.
  (cd "$here" && umask 022 && MAVEN_OPTS=${MAVEN_OPTS--XX:TieredStopAtLevel=1 -XX:+UseSerialGC} "${mvn[@]}" --batch-mode --no-transfer-progress "$@")
}

# require_free_disk FOLDER MEGABYTES
require_free_disk() {
  local folder=$1 free
  while [ ! -e "$folder" ]; do folder=$(dirname "$folder"); done
  free=$(df --output=avail -m "$folder" | tail -n 1)
  [ "$free" -ge "$2" ] || die "$folder has $free MB free, $2 MB are needed" "free some disk space"
}

# Requirements of every build and run.
require_setup() {
  # shellcheck source=itests/lib/setup.sh
  . "$here/itests/lib/setup.sh"
  local missing
  missing=$(missing_packages)
  [ -z "$missing" ] || die "not installed: $missing" "./understudy setup"
  choose_jdk || die "no JDK from 17 to 23 found" "./understudy setup, or set JAVA_HOME"
}

# deliver_guest FOLDER: copies the test guest, readable for the unprivileged user of QEMU.
deliver_guest() {
  mkdir -p "$1"
  "${here:?}/itests/guest/build-guest" "$1" >&2
  chmod -R a+rX "$1"
}

# free_port [tcp|udp]
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    port_in_use "$port" "${1:-tcp}" || break
  done
  echo "$port"
}

# port_in_use PORT [tcp|udp]: on any address. State 0A is LISTEN; that of a bound UDP port is 07.
port_in_use() {
  local hex
  hex=$(printf ':%04X ' "$1")
  cat "/proc/net/${2:-tcp}" "/proc/net/${2:-tcp}6" 2>/dev/null | awk '{print $2 " " $4 " "}' |
    if [ "${2:-tcp}" = tcp ]; then grep -q "$hex.*0A"; else grep -q "$hex"; fi
}
