# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# ./understudy test (sourced with common.sh): scripts, unit tests, integration tests, and the demo itself.

run_tests() {
  local only=() pattern='' hardware='' yes='' restore='' all='' failed=0
  while [ $# -gt 0 ]; do
    case "$1" in
      --only)
        [ -n "${2-}" ] || die_usage "--only takes a pattern"
        # Each runner would take the other's classes too.
        pattern=$2
        only=(-Dtest="$2,!*IT" -Dit.test="$2,!*Test" -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false)
        shift
        ;;
      --hardware)
        [ -n "${2-}" ] || die_usage "--hardware takes a file"
        hardware=$2
        shift
        ;;
      --all) all=yes ;;
      --yes) yes=yes ;;
      --restore) restore=yes ;;
      *) die_usage "test does not know '$1'" ;;
    esac
    shift
  done
  [ -z "$all" ] || [ -z "$hardware$pattern" ] || die_usage "--all goes without --only and --hardware"
  native=0 suite='' temporary='' background=''
  if [ -n "$hardware" ]; then
    # shellcheck source=itests/lib/hardware.sh
    . "$here/itests/lib/hardware.sh"
    hardware_tests "$hardware" "$yes" "$restore" "$pattern"
    return
  fi
  [ -z "$yes$restore" ] || die_usage "--yes and --restore go with --hardware"
  require_setup
  forget_reports
  trap end_run EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  # Not in the cache: the home of root is closed to the user that QEMU runs as.
  temporary=$(mktemp -d "${TMPDIR:-/tmp}/understudy-test.XXXXXX")
  chmod 711 "$temporary"
  phase "Scripts"
  scripts_are_clean || failed=1
  deliver_guest "$temporary/guest"
  if [ -z "$pattern" ]; then
    set -m
    prepare_machines &
    background=$!
    set +m
    phase "Native code"
    native_tests || failed=1
  fi
  if [ "$failed" = 0 ]; then
    phase "Build and unit tests, then both lanes of integration tests"
    [ -z "$all$pattern" ] || only+=(-Dlab.excluded=none)
    [ -n "$all$pattern" ] || say "LabFaultsIT, VfioRefusedIT, HookScenarioIT and VirshIT are a matter of --all and of ./understudy lab test."
    # What depends on a module with a failed test is left out: so do the lanes, but not one because of the other.
    run_suite -T 3 -fae "${only[@]}" || failed=1
    end_strays
  fi
  if [ -z "$pattern" ] && [ "$failed" = 0 ]; then
    phase "A jar, built again, and the demo"
    set -m
    jars_are_reproducible &
    background=$!
    set +m
    demo_runs || failed=1
    wait "$background" || failed=1
    background=''
  fi
  phase "Done"
  count_reports "$failed"
}

phase() { say "$(elapsed) $1 ..."; }

elapsed() { printf '[%2d:%02d]' $((SECONDS / 60)) $((SECONDS % 60)); }

forget_reports() {
  find "$here/bundles" "$here/itests" -path '*-reports/*' -type f -delete # also the last summary, which would fail this run
  rm -f "$here/itests/target/started"
}

# While unit tests run; what cannot be built is skipped by the tests, or fails them on CI.
prepare_machines() {
  local suite
  "$here/itests/lab/build-host" || true
  for suite in forky bullseye; do "$here/itests/lab/build-host" --root "$suite" || true; done
} >/dev/null 2>&1

# run_suite ARGUMENTS...: of Maven. In the background, so that a signal is heard at once; in a process group of its own, so
# that all of it can be ended.
run_suite() {
  set -m
  { UNDERSTUDY_GUEST=$temporary/guest maven verify "$@" 2>&1 | stamped; } </dev/null &
  suite=$!
  set +m
  wait "$suite" || return 1
  suite=''
}

stamped() {
  local line
  while IFS= read -r line; do printf '%s %s\n' "$(elapsed)" "$line"; done
}

# All of it, so that nothing begins anew.
end_suite() {
  local last=$((SECONDS + 30)) signal=TERM
  while kill "-$signal" -- "-$suite" 2>/dev/null; do
    sleep 0.2
    [ "$SECONDS" -lt "$last" ] || signal=KILL
  done
  suite=''
}

# Nothing is left behind, whoever started it.
end_run() {
  trap '' INT TERM HUP
  [ -z "$background" ] || kill -- "-$background" 2>/dev/null || true
  [ -z "$suite" ] || end_suite
  [ -z "$temporary" ] || { end_strays && rm -rf "$temporary"; }
}

# Each process of the tests has inherited where the guest of this run is.
strays() { { grep -lszxF "UNDERSTUDY_GUEST=$temporary/guest" /proc/[0-9]*/environ || true; } | cut -d/ -f3; }

# Machines end with their owner, in a second or two.
end_strays() {
  local left began=$SECONDS signal=TERM
  while left=$(strays) && [ -n "$left" ]; do
    if [ $((SECONDS - began)) -ge 5 ]; then
      say "Still there, and ended now: $(xargs ps -o pid=,args= -p <<<"$left" | cut -c1-120)"
      xargs kill "-$signal" <<<"$left" 2>/dev/null || true
      signal=KILL
    fi
    sleep 1
    [ $((SECONDS - began)) -lt 40 ] || break
  done
}

# Leaves the number of tests that passed in $native.
native_tests() {
  local said
  said=$(timeout --foreground -k 5 900 make -s -j"$(nproc)" -C "$here/native" test analyze memcheck aarch64) || { say "$said"; return 1; }
  say "$said"
  native=$(awk '/: [0-9]+ passed$/ { sum += $(NF - 1) } END { print sum + 0 }' <<<"$said")
}

scripts_are_clean() {
  shellcheck -x "$here/understudy" "$here"/itests/lib/*.sh "$here"/itests/guest/{build-guest,check-guest} \
    "$here"/itests/lab/{build-host,check-host,daemons,daemons-inside,host,init,machine,nested-pair,run-in} \
    "$here"/native/test/{command-test,on-host,strangers-test} "$here/hooks/hook" \
    "$here/docs/examples/guests/check" "$here/.ci/run" \
    "$here"/packaging/lib/{*.sh,build-packages,build-release,lay-out,repack} "$here"/packaging/test/{container,machine,packages,root} \
    "$here/packaging/vf/completion" &&
    shellcheck -s sh "$here/hooks/libvirt/understudy" "$here/hooks/cloudstack/libvirt-vm-xml-transformer.sh" \
      "$here/bundles/libvirt/src/main/resources/org/understudy/libvirt/domain/guest-network.sh" "$here/itests/guest/init" \
      "$here/itests/lab/init-first" "$here"/packaging/debian/*.{config,postinst,postrm,prerm} \
      "$here/packaging/hooks/understudy-hook" "$here/packaging/server/understudy-server" "$here/packaging/vf/understudy-vf-sudo"
}

# Builds one bundle again, in another folder, time zone and locale.
jars_are_reproducible() {
  local copy=$temporary/again jar
  jar=org.understudy.api-$(project_version).jar
  mkdir -p "$copy/bundles"
  cp -r "$here/pom.xml" "$copy"
  cp -r "$here/bundles/api" "$copy/bundles"
  TZ=Asia/Tokyo LC_ALL=C maven -q -f "$copy/bundles/api/pom.xml" clean package -DskipTests || return 1
  cmp "$here/bundles/api/target/$jar" "$copy/bundles/api/target/$jar"
}

demo_runs() {
  local document
  document=$(UNDERSTUDY_BUILT=yes timeout --foreground -k 30 600 "$here/understudy" demo --once --json) || { say "the demo failed: $document"; return 1; }
  jq -e '.migration.outcome == "completed" and .migration.networkGap.kind == "measured"' <<<"$document" >/dev/null ||
    { say "the demo's document has no completed migration: $document"; return 1; }
}

# Adds up the runners' reports and ends with one line that counts. $1: 0 if nothing else went wrong.
count_reports() {
  local total failures skipped again
  read -r total failures skipped < <(find "$here/bundles" "$here/itests" -path '*-reports/TEST-*.xml' -exec grep -h '<testsuite ' {} + |
    awk '
      function attribute(name) { return match($0, " " name "=\"[0-9]+\"") ? substr($0, RSTART + length(name) + 3) + 0 : 0 }
      { total += attribute("tests"); failures += attribute("failures") + attribute("errors"); skipped += attribute("skipped") }
      END { print total + 0, failures + 0, skipped + 0 }')
  [ "$1" = 0 ] || [ "$failures" -gt 0 ] || failures=1 total=$((total + 1)) # what failed is no test of a report
  # What setup can install is never skipped on CI: such tests fail there by themselves.
  [ "$skipped" = 0 ] || say "Skipped: $(skipped_tests)"
  show_failed_output
  show_times
  again=$(second_runs)
  if [ -n "$again" ]; then
    say "Second run of: $again"
    # More is no accident of emulation.
    if [ "$(tr , '\n' <<<"$again" | wc -l)" -gt 3 ]; then
      say "More than three tests needed a second run."
      [ "$failures" -gt 0 ] || failures=1
    fi
  fi
  show_failures
  echo "$((total + native - failures - skipped)) passed, $failures failed, $skipped skipped"
  [ "$failures" = 0 ] && [ "$total" -gt 0 ]
}

# Those of @TcgFlaky alone: docs/testing.md.
second_runs() {
  find "$here/bundles" "$here/itests" -path '*-reports/TEST-*.xml' -exec cat {} + |
    awk -F '"' '/<testcase name=/ { name = $4 "." $2 } /<(flaky|rerun)(Failure|Error)/ { print name }' | sort -u | sed '$!s/$/,/' | paste -sd' '
}

# Near the last line, so that who sees only the end of a log knows what failed: each test, its message and where it failed.
show_failures() {
  find "$here/bundles" "$here/itests" -path '*-reports/TEST-*.xml' -exec cat {} + | awk -F '"' '
    function show(line) {
      gsub(/<!\[CDATA\[|\]\]>.*|<\/(failure|error)>.*/, "", line)
      gsub(/&lt;/, "<", line); gsub(/&gt;/, ">", line); gsub(/&quot;/, "\"", line); gsub(/&#10;/, " ", line); gsub(/&amp;/, "\\&", line)
      if (shown < 8 || line ~ /at org\.understudy/ && shown < 14) { print "    " substr(line, 1, 300); shown++ }
    }
    /<testcase name=/ { name = $4 "." $2 }
    /<(failure|error)[ >]/ { print "Failed: " name; shown = 0; open = 1; sub(/^[^>]*>/, "") }
    open { show($0) }
    /<\/(failure|error)>/ { open = 0 }' >&2
}

# The last lines of what failed classes wrote, which went to files.
show_failed_output() {
  local report output
  # grep fails where no class has failed.
  { find "$here/itests" -path '*-reports/TEST-*.xml' -exec grep -lE '<(failure|error)' {} + || true; } | while IFS= read -r report; do
    output=${report##*/TEST-} output=${report%/*}/${output%.xml}-output.txt
    [ ! -s "$output" ] || say "$output:
$(tail -n 60 "$output")"
  done
}

# Where the time went: classes of five seconds or more, and what was started.
show_times() {
  say "Seconds  Tests  Class"
  find "$here/bundles" "$here/itests" -path '*-reports/TEST-*.xml' -exec grep -h '<testsuite ' {} + | awk -F '"' '
    { for (i = 1; i < NF; i += 2) { sub(/.* /, "", $i); at[$i] = $(i + 1) }
      sum += at["time="]; sub(/.*\./, "", at["name="])
      if (at["time="] >= 5) printf "%7.0f %6d  %s\n", at["time="], at["tests="], at["name="] }
    END { printf "%7.0f         all classes\n", sum }' | sort -rn >&2
  [ ! -e "$here/itests/target/started" ] || say "Started: $(sort "$here/itests/target/started" | uniq -c | awk '{ n = $1; sub(/^ *[0-9]+ /, ""); printf "%s%s %s", c, n, $0; c = ", " }')"
}

# With the reason, where a test has given one: "assumption was not met due to: [REASON]".
skipped_tests() {
  find "$here/bundles" "$here/itests" -path '*-reports/TEST-*.xml' -exec cat {} + |
    awk -F '"' '
      /<testcase name=/ { name = $4 "." $2 }
      /<skipped/ { skipped = name }
      skipped && /not met due to: \[/ { gsub(/.*\[|\].*/, ""); print skipped " (unmet: " $0 ")"; skipped = "" }
      skipped && /<\/skipped>|<skipped.*\/>/ { print skipped; skipped = "" }' | sort | sed '$!s/$/,/' | paste -sd' '
}
