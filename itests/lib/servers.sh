# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# ./understudy servers (sourced with common.sh): the KAR in servers that others built, without network.

# All of Karaf 4.4 from 4.4.6 that Maven Central serves.
karafs="4.4.6 4.4.7 4.4.8 4.4.9 4.4.10"
# Those also with an HTTP server, the web console, CXF, and with them a Jackson and a SnakeYAML of the server.
karafs_with_cxf="4.4.6 4.4.10"
cxf_version=3.6.10
cxf=mvn:org.apache.cxf.karaf/apache-cxf/$cxf_version/xml/features

servers() {
  local record='' versions=() folder=$here/itests/target/servers version
  while [ $# -gt 0 ]; do
    case "$1" in
      --record) record=yes ;;
      [0-9]*) versions+=("$1") ;;
      *) die_usage "servers does not know '$1'" ;;
    esac
    shift
  done
  require_setup
  [ "$(id -u)" = 0 ] || die "servers makes a network namespace, which only root may" "sudo ./understudy servers"
  require_free_disk "$folder" 2000
  # shellcheck disable=SC2206
  [ ${#versions[@]} -gt 0 ] || versions=($karafs)
  rm -rf "$folder"
  mkdir -p "$folder"
  say "Downloading Karaf ${versions[*]} ..."
  for version in "${versions[@]}"; do
    stock_karaf "$version"
    # shellcheck disable=SC2076
    [[ " $karafs_with_cxf " != *" $version "* ]] || karaf_with_cxf "$version"
  done
  plain_frameworks
  say "Building the KAR ..."
  maven -q package -DskipTests -pl itests/lanes/one-host -am
  say "Testing ..."
  # In a subshell, which sees nothing but loopback.
  export -f test_offline maven
  here=$here unshare --net bash -c 'ip link set lo up && test_offline' || die "tests of servers failed" "read itests/*/one-host/target/failsafe-reports" 1
  results "$record"
}

test_offline() {
  maven -o -q verify -pl itests/lanes/one-host -am -Dtest=none -Dit.test='*ServersIT,KarCasesIT' -Dservers.excluded=none \
    -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false -Dspotless.check.skip
}

# download COORDINATES FOLDER
download() {
  maven -q org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy "-Dartifact=$1" "-DoutputDirectory=$2"
}

# stock_karaf VERSION: into $folder.
stock_karaf() {
  download "org.apache.karaf:apache-karaf:$1:tar.gz" "$folder"
  mv "$folder/apache-karaf-$1.tar.gz" "$folder/karaf-$1.tar.gz"
}

# The frameworks of Karaf, without it.
plain_frameworks() {
  local coordinates
  for coordinates in org.apache.felix:org.apache.felix.framework:7.0.5 org.eclipse.platform:org.eclipse.osgi:3.18.0; do
    download "$coordinates" "$folder/plain/frameworks"
  done
  while IFS= read -r coordinates; do
    download "$coordinates" "$folder/plain/bundles"
  done < <(grep -v '^#' "$here/itests/servers/plain-bundles")
}

# karaf_with_cxf VERSION: a second archive.
karaf_with_cxf() {
  local home=$folder/cxf/karaf-$1 cfg
  mkdir -p "$home"
  tar -xzf "$folder/karaf-$1.tar.gz" -C "$home" --strip-components=1
  maven -q -f "$here/itests/servers/repository.xml" package "-Dkaraf.version=$1" "-Dcxf.features=$cxf" "-Drepository=$home/system"
  # A feature of CXF adds it where the shell is installed, which the plugin does not see.
  download "org.apache.cxf.karaf:cxf-karaf-commands:$cxf_version" "$home/system/org/apache/cxf/karaf/cxf-karaf-commands/$cxf_version"
  cfg=$home/etc/org.apache.karaf.features.cfg
  sed -i -e "/^featuresRepositories = /a \\    $cxf, \\\\" -e "/^featuresBoot = /a \\    http, webconsole, cxf-jaxrs, \\\\" "$cfg"
  tar -czf "$folder/karaf-$1-http-webconsole-cxf.tar.gz" -C "$folder/cxf" "karaf-$1"
  rm -rf "$folder/cxf"
}

# results RECORD: prints the table, and stores it in docs/servers.md if RECORD is set.
results() {
  local page=$here/docs/servers.md table
  table=$(printf '%s\n' "| Server | Framework | Java | Install | Replace | Remove |" "|---|---|---|---|---|---|" && sort -V "$folder/results")
  printf '%s\n' "$table"
  [ -n "$1" ] || return 0
  {
    sed '/^<!-- table -->$/q' "$page"
    printf '\n%s, %s:\n\n%s\n' "$(date +%F)" "$(project_version)" "$table"
  } >"$page.new"
  mv "$page.new" "$page"
}
