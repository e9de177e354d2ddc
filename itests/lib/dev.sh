# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# ./understudy dev (sourced with common.sh): builds bundles and updates them in a running Karaf, without a restart.

dev() {
  local bundles=() debug='' karaf='' started=$SECONDS
  while [ $# -gt 0 ]; do
    case "$1" in
      --help | -h)
        dev_usage
        return
        ;;
      --debug) debug=yes ;;
      --karaf)
        karaf=${2-}
        [ -n "$karaf" ] || die_usage "--karaf needs a folder"
        shift
        ;;
      -*) die "unknown option '$1' of dev" "./understudy dev --help" 2 ;;
      *)
        [ -f "$here/bundles/${1#bundles/}/pom.xml" ] || die "unknown bundle '$1'; the bundles are $(known_bundles)" "./understudy dev --help" 2
        bundles+=("${1#bundles/}")
        ;;
    esac
    shift
  done
  [ -n "$debug" ] || [ ${#bundles[@]} -gt 0 ] || die "dev needs the name of a bundle, or --debug" "./understudy dev --help" 2
  choose_jdk || die "no JDK from 17 to 23 found" "./understudy setup, or set JAVA_HOME"
  find_karaf "$karaf"
  if [ ${#bundles[@]} -gt 0 ]; then
    build_bundles
    update_bundles
    say "Updated ${bundles[*]} in $karaf after $((SECONDS - started)) s."
  fi
  [ -z "$debug" ] || open_debugger
}

dev_usage() {
  cat <<USAGE
Build bundles and update them in a running Karaf

Usage: ./understudy dev [--karaf FOLDER] [--debug] [BUNDLE...]

  BUNDLE          one or more of: $(known_bundles)
  --karaf FOLDER  the Karaf to update (default: the one of the running ./understudy demo)
  --debug         open a JDWP port on 127.0.0.1 in that Karaf, and print it; it stays open until Karaf ends

Tests and the format check are skipped. VMs keep running, and migrations continue after the update.
After adding a bundle or a dependency, start a new demo.

Exit status: 0 done, 1 the build or the update failed, 2 usage error, 3 no Karaf is running.
USAGE
}

known_bundles() { (cd "$here/bundles" && printf '%s\n' */pom.xml | sed 's:/pom.xml::' | paste -sd ' '); }

# find_karaf FOLDER: leaves the folder in $karaf and the process in $karaf_pid. Without FOLDER it is that of the demo.
find_karaf() {
  local folders=("$1") folder pid found=()
  [ -n "$1" ] || folders=("${TMPDIR:-/tmp}"/understudy-demo.*/karaf)
  for folder in "${folders[@]}"; do
    folder=$(readlink -f "$folder") || continue
    pid=$(karaf_process "$folder")
    [ -z "$pid" ] || found+=("$folder $pid")
  done
  if [ ${#found[@]} -gt 1 ]; then
    die "${#found[@]} demos are running: ${found[*]% *}" "choose one with --karaf FOLDER" 2
  elif [ ${#found[@]} -eq 1 ]; then
    karaf=${found[0]% *} karaf_pid=${found[0]##* }
  elif [ -n "$1" ]; then
    die "no Karaf is running in $1" "start it with its bin/start, or check the folder"
  else
    die "no demo is running" "start ./understudy demo in another terminal, or name a Karaf with --karaf FOLDER"
  fi
}

# karaf_process FOLDER: the id of the JVM whose Karaf is there.
karaf_process() {
  local file
  # The pattern comes from a file, or grep would find its own command line.
  file=$(grep -lzxF -f <(printf '%s' "-Dkaraf.base=$1") /proc/[0-9]*/cmdline 2>/dev/null | head -n 1) || true
  file=${file#/proc/}
  echo "${file%%/*}"
}

build_bundles() {
  say "Building ${bundles[*]} ..."
  local list
  list=$(printf ',bundles/%s' "${bundles[@]}")
  # Modules that these depend on are only compiled, so that Maven needs no installed ones.
  maven -q package -pl "${list#,}" -am -Dmaven.test.skip=true -Dspotless.check.skip >&2 ||
    die "the build failed; its messages are above" "correct the code, then repeat the command" 1
}

update_bundles() {
  local bundle name commands='' listing='bundle:list -s -t 0 --no-format'
  for bundle in "${bundles[@]}"; do
    name=org.understudy.$bundle
    commands+="bundle:update $name file:$here/bundles/$bundle/target/$name-$(project_version).jar;"
  done
  # What exports packages, which is api, reaches the others only by a refresh.
  [[ " ${bundles[*]} " != *' api '* ]] || commands+='bundle:refresh org.understudy.api;'
  local end=$((SECONDS + 20)) answer
  answer=$(karaf_client "$commands $listing") || die "the update failed: $answer" "see $karaf/data/log/karaf.log" 1
  until [ -z "$(inactive "$answer")" ]; do
    [ "$SECONDS" -lt "$end" ] || die "not active: $(inactive "$answer")" "see $karaf/data/log/karaf.log, or run bundle:diag in $karaf/bin/client" 1
    answer=$(karaf_client "$listing") || true
  done
}

# inactive TEXT: those of $bundles that the answer to bundle:list does not show as active.
inactive() {
  local bundle
  for bundle in "${bundles[@]}"; do
    grep -P "\tActive *\t.*\torg\.understudy\.$bundle$" <<<"$1" >/dev/null || printf '%s ' "org.understudy.$bundle"
  done
}

# Karaf's own client takes port and login from the configuration that only their owner can read.
karaf_client() { "$karaf/bin/client" -b <<<"$1" 2>&1; }

open_debugger() {
  local said
  said=$("$JAVA_HOME/bin/jcmd" "$karaf_pid" VM.start_java_debugging 2>&1) || true
  case "$said" in
    *'has been started'* | *'already active'*) sed -n 's/^Address *: */JDWP: attach a debugger to /p' <<<"$said" >&2 ;;
    *) die "Karaf cannot open a JDWP port: $(tail -n 1 <<<"$said")" "restart it with EXTRA_JAVA_OPTS='$(jdwp_on_request 5005)' in its environment" 1 ;;
  esac
}
