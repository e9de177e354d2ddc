# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# What a distribution contains, as a bill of materials (CycloneDX) and as notices. Sourced with common.sh.

# Its dependencies are not in a POM: Karaf's plugin collects them. So the bill is made of the files of the distribution.
cyclonedx=org.cyclonedx:cyclonedx-maven-plugin:2.9.3:makeBom

# bill ARCHIVE FOLDER: writes understudy-VERSION-sbom.json and understudy-VERSION-third-party.txt about the distribution.
bill() {
  local archive=$1 out=$2 work
  local name
  name=understudy-$(project_version)
  work=$(mktemp -d "${TMPDIR:-/tmp}/understudy-bill.XXXXXX")
  mkdir "$work/content"
  tar -xzf "$archive" -C "$work/content" --strip-components=1
  { shipped_artifacts "$work/content" && embedded_artifacts "$work/content"; } | LC_ALL=C sort -u >"$work/artifacts" || return 1
  bill_pom <"$work/artifacts" >"$work/pom.xml" || return 1
  maven -q -f "$work/pom.xml" "$cyclonedx" -DprojectType=application -DoutputFormat=json -DoutputName=sbom \
    -DincludeLicenseText=false -Dcyclonedx.verbose=false >&2 || return 1
  own_components "$work/content" >"$work/own.json"
  console_components "$work/content" >"$work/console.json"
  jq -S --slurpfile own "$work/own.json" --slurpfile console "$work/console.json" \
    '.components = (.components + $own + $console | sort_by(.purl))' "$work/target/sbom.json" >"$out/$name-sbom.json"
  jq -e '[.components[] | select(.licenses == null or .licenses == [])] == []' "$out/$name-sbom.json" >/dev/null || {
    say "Components without a license in $name-sbom.json:"
    jq -r '.components[] | select(.licenses == null or .licenses == []) | .purl' "$out/$name-sbom.json" >&2
    return 1
  }
  notices "$work/content" "$out/$name-sbom.json" >"$out/$name-third-party.txt"
  rm -rf "$work"
}

# The artifacts of other projects in FOLDER, as GROUP:ARTIFACT:VERSION.
shipped_artifacts() {
  local jar
  find "$1/system" -name '*.jar' ! -path '*/org/understudy/*' -printf '%P\n' |
    awk -F/ '{ group = $1; for (i = 2; i <= NF - 3; i++) group = group "." $i; print group ":" $(NF - 2) ":" $(NF - 1) }'
  while IFS= read -r jar; do coordinates "$jar" || return 1; done < <(find "$1/lib" -name '*.jar')
}

# coordinates JAR: by the properties of Maven in it, as its path does not have its group.
coordinates() {
  local properties
  properties=$(unzip -p "$1" 'META-INF/maven/*/pom.properties' | tr -d '\r' | awk -F= -v file="${1##*/}" '
    $1 == "groupId" { group = $2 } $1 == "artifactId" { artifact = $2 } $1 == "version" { version = $2 }
    group && artifact && version { if (artifact "-" version ".jar" == file) print group ":" artifact ":" version; group = artifact = version = "" }')
  [ -n "$properties" ] || { say "$1 does not have its Maven coordinates."; return 1; }
  echo "$properties"
}

# Packages of other projects in the bundles of Understudy.
embedded_artifacts() {
  local bundle package entry line found
  while IFS= read -r bundle; do
    while IFS= read -r package; do
      found=''
      while read -r entry line; do
        case "$package/" in "$entry"/*) found=$line ;; esac
      done < <(sed '/^#/d' "$here/packaging/lib/embedded.txt")
      [ -n "$found" ] || { say "${bundle##*/} contains $package, which packaging/lib/embedded.txt does not have."; return 1; }
      with_properties "$found"
    done < <(unzip -Z1 "$bundle" | sed -n 's,/[^/]*\.class$,,p' | grep -v -e '^org/understudy' -e '^META-INF' | LC_ALL=C sort -u)
  done < <(find "$1/system/org/understudy" -name '*.jar')
}

# with_properties TEXT: with each ${NAME} replaced by this property of the root pom.xml.
with_properties() {
  local text=$1 name value
  while [[ $text =~ \$\{([a-z0-9.]+)\} ]]; do
    name=${BASH_REMATCH[1]}
    value=$(sed -n "s:^    <$name>\(.*\)</$name>\$:\1:p" "$here/pom.xml")
    text=${text/"\${$name}"/$value}
  done
  echo "$text"
}

# A POM with exactly the artifacts of standard input.
bill_pom() {
  local group artifact version
  cat <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>org.understudy</groupId>
  <artifactId>understudy-karaf</artifactId>
  <version>$(project_version)</version>
  <packaging>pom</packaging>
  <name>Understudy</name>
  <licenses><license><name>Apache-2.0</name></license></licenses>
  <properties><project.build.outputTimestamp>$(output_timestamp)</project.build.outputTimestamp></properties>
  <dependencies>
POM
  while IFS=: read -r group artifact version; do
    echo "    <dependency><groupId>$group</groupId><artifactId>$artifact</artifactId><version>$version</version>"
    echo "      <exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions></dependency>"
  done
  echo '  </dependencies></project>'
}

output_timestamp() { sed -n 's:^    <project.build.outputTimestamp>\(.*\)</.*:\1:p' "$here/pom.xml"; }

# The bundles of Understudy, one JSON object each.
own_components() {
  local jar name
  while IFS= read -r jar; do
    name=${jar##*/} name=${name%"-$(project_version).jar"}
    jq -n --arg name "$name" --arg version "$(project_version)" --arg hash "$(sha256sum "$jar" | cut -d' ' -f1)" '{
      type: "library", group: "org.understudy", name: $name, version: $version, scope: "required",
      purl: "pkg:maven/org.understudy/\($name)@\($version)?type=jar", "bom-ref": "pkg:maven/org.understudy/\($name)@\($version)?type=jar",
      licenses: [{license: {id: "Apache-2.0"}}], hashes: [{alg: "SHA-256", content: $hash}]}'
  done < <(find "$1/system/org/understudy" -name '*.jar' | LC_ALL=C sort)
}

# The npm packages of the console, by the notice in its bundle.
console_components() {
  notice_of "$1" | sed -nE 's:^([@a-zA-Z0-9/._-]+) ([0-9][^ ]*) \(([A-Za-z0-9.-]+)\)$:\1 \2 \3:p' |
    while read -r name version license; do
      jq -n --arg name "$name" --arg version "$version" --arg license "$license" '
        "pkg:npm/\($name | sub("^@"; "%40"))@\($version)" as $purl |
        {type: "library", name: $name, version: $version, scope: "required", purl: $purl, "bom-ref": $purl,
          licenses: [{license: {id: $license}}]}'
    done
}

notice_of() { unzip -p "$1"/system/org/understudy/org.understudy.web/*/*.jar META-INF/NOTICE; }

# One text: each component with its license, then the notices and licenses that the archives contain.
notices() {
  local jar
  echo "The distribution of Understudy $(project_version) contains these components of other projects."
  echo
  jq -r '.components[] | select(.group != "org.understudy") |
    "\(if .group then .group + ":" else "" end)\(.name) \(.version): " +
    ([.licenses[] | .license.id // .license.name // .expression] | join(", "))' "$2"
  printf '\n%s\n\n' "$(printf '%080d' 0 | tr 0 -)"
  notice_of "$1"
  while IFS= read -r jar; do
    for file in $(unzip -Z1 "$jar" | grep -iE '^META-INF/(NOTICE|LICEN[SC]E)[^/]*$' | LC_ALL=C sort); do
      [ "$file" != META-INF/LICENSE ] || ! unzip -p "$jar" "$file" | grep -q 'Apache License' || continue
      printf '\n%s\n%s: %s\n\n' "$(printf '%080d' 0 | tr 0 -)" "${jar##*/}" "$file"
      unzip -p "$jar" "$file" | tr -d '\r'
    done
  done < <(cd "$1" && find "$PWD/system" "$PWD/lib" -name '*.jar' ! -path '*/org/understudy/*' | LC_ALL=C sort)
}
