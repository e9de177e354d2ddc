# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# ./understudy test (sourced with common.sh): scripts, unit tests, integration tests, and the demo itself.

run_tests() {
  local only=() pattern='' hardware='' yes='' restore=''
  while [ $# -gt 0 ]; do
    case "$1" in
      --only)
        [ -n "${2-}" ] || die_usage "--only takes a pattern"
        # Each runner would take the other's classes too.
        pattern=$2
        only=(-Dtest="$2,!*IT" -Dit.test="$2,!*Test" -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false -DexcludedGroups=none)
        shift
        ;;
      --hardware)
        [ -n "${2-}" ] || die_usage "--hardware takes a file"
        hardware=$2
        shift
        ;;
      --yes) yes=yes ;;
      --restore) restore=yes ;;
      *) die_usage "test does not know '$1'" ;;
    esac
    shift
  done
  if [ -n "$hardware" ]; then
    # shellcheck source=itests/lib/hardware.sh
    . "$here/itests/lib/hardware.sh"
    hardware_tests "$hardware" "$yes" "$restore" "$pattern"
    return
  fi
  [ -z "$yes$restore" ] || die_usage "--yes and --restore go with --hardware"
  require_setup
  find "$here/bundles" "$here/itests" -path '*-reports/*.xml' -delete # also the last summary, which would fail this run
  local failed=0
  scripts_are_clean || failed=1
  native=0
  if [ ${#only[@]} -eq 0 ]; then
    say "LabFaultsIT, VfioRefusedIT and HookScenarioIT are a matter of ./understudy lab test."
    native_tests || failed=1
  fi
  # Not in the cache: the home of root is closed to the user that QEMU runs as.
  temporary=$(mktemp -d "${TMPDIR:-/tmp}/understudy-test.XXXXXX")
  trap 'rm -rf "$temporary"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  chmod 711 "$temporary"
  deliver_guest "$temporary/guest"
  # What it can't build is skipped by the tests, or fails them on CI.
  "$here/itests/lab/build-host" >/dev/null || true
  UNDERSTUDY_GUEST=$temporary/guest maven verify -fae "${only[@]}" || failed=1
  if [ ${#only[@]} -eq 0 ] && [ "$failed" = 0 ]; then
    jars_are_reproducible || failed=1
    demo_runs || failed=1
  fi
  count_reports "$failed"
}

# Leaves the number of tests that passed in $native.
native_tests() {
  say "Native code ..."
  local said
  said=$(make -s -j"$(nproc)" -C "$here/native" test analyze memcheck aarch64) || { say "$said"; return 1; }
  say "$said"
  native=$(awk '/: [0-9]+ passed$/ { sum += $(NF - 1) } END { print sum + 0 }' <<<"$said")
}

scripts_are_clean() {
  shellcheck -x "$here/understudy" "$here"/itests/lib/*.sh "$here"/itests/guest/{build-guest,check-guest} \
    "$here"/itests/lab/{build-host,check-host,daemons,daemons-inside,host,init,machine,nested-pair,run-in} \
    "$here"/native/test/{command-test,on-host} "$here/hooks/hook" "$here/.ci/run" &&
    shellcheck -s sh "$here/hooks/libvirt/understudy" "$here/itests/guest/init" "$here/itests/lab/init-first"
}

# Builds one bundle again, in another folder, time zone and locale.
jars_are_reproducible() {
  say "Building a jar again ..."
  local copy=$temporary/again jar
  jar=org.understudy.api-$(project_version).jar
  mkdir -p "$copy/bundles"
  cp -r "$here/pom.xml" "$copy"
  cp -r "$here/bundles/api" "$copy/bundles"
  TZ=Asia/Tokyo LC_ALL=C maven -q -f "$copy/bundles/api/pom.xml" clean package -DskipTests || return 1
  cmp "$here/bundles/api/target/$jar" "$copy/bundles/api/target/$jar"
}

demo_runs() {
  say "Demo ..."
  local document
  document=$("$here/understudy" demo --once --json) || { say "the demo failed: $document"; return 1; }
  jq -e '.migration.outcome == "completed" and .migration.networkGap.kind == "measured"' <<<"$document" >/dev/null ||
    { say "the demo's document does not tell of a completed migration: $document"; return 1; }
}

# Adds up the runners' reports and ends with one line that counts. $1: 0 if nothing else went wrong.
count_reports() {
  local total failures skipped
  read -r total failures skipped < <(find "$here/bundles" "$here/itests" -path '*-reports/TEST-*.xml' -exec grep -h '<testsuite ' {} + |
    awk '
      function attribute(name) { return match($0, " " name "=\"[0-9]+\"") ? substr($0, RSTART + length(name) + 3) + 0 : 0 }
      { total += attribute("tests"); failures += attribute("failures") + attribute("errors"); skipped += attribute("skipped") }
      END { print total + 0, failures + 0, skipped + 0 }')
  [ "$1" = 0 ] || [ "$failures" -gt 0 ] || failures=1
  # What setup can install is never skipped on CI: such tests fail there by themselves.
  [ "$skipped" = 0 ] || say "Skipped: $(skipped_tests)"
  [ -z "$(flaky_tests)" ] || say "Passed only when they were run again: $(flaky_tests)"
  echo "$((total + native - failures - skipped)) passed, $failures failed, $skipped skipped"
  [ "$failures" = 0 ] && [ "$total" -gt 0 ]
}

flaky_tests() {
  find "$here/bundles" "$here/itests" -path '*-reports/TEST-*.xml' -exec cat {} + |
    awk -F '"' '/<testcase name=/ { name = $4 "." $2 } /<flaky(Failure|Error)/ { print name }' | sort -u | sed '$!s/$/,/' | paste -sd' '
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
