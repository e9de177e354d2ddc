# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What Maven Central requires of a release. Source: central.sonatype.org/publish/requirements. Signatures are added later.

# check_for_central ZIP FOLDER
check_for_central() {
  local bad=0 folder name pom element file
  mkdir "$2"
  unzip -q "$1" -d "$2"
  while IFS= read -r pom; do
    folder=${pom%/*} name=$(basename "$pom" .pom)
    for element in name description url licenses developers scm; do
      has_element "$2" "$pom" "$element" || { say "$name.pom has no <$element>."; bad=1; }
    done
    grep -q SNAPSHOT "$pom" && { say "$name.pom has a dependency on a snapshot."; bad=1; }
    if [ -e "$folder/$name.jar" ]; then
      for file in sources javadoc; do [ -e "$folder/$name-$file.jar" ] || { say "$name has no jar of $file."; bad=1; }; done
    fi
  done < <(find "$2" -name '*.pom')
  while IFS= read -r file; do
    [ "$(md5sum <"$file" | cut -d' ' -f1) $(sha1sum <"$file" | cut -d' ' -f1)" = "$(cat "$file.md5") $(cat "$file.sha1")" ] ||
      { say "$file has a wrong checksum."; bad=1; }
  done < <(find "$2" -type f ! -name '*.md5' ! -name '*.sha*')
  bom_is_complete "$2" || bad=1
  return "$bad"
}

# has_element REPOSITORY POM ELEMENT: itself or by its parent, as all but the parent and the BOM inherit.
has_element() {
  grep -q "^  <$3[ >]" "$2" || { case "$3" in name | description) false ;; esac && grep -q '<artifactId>understudy</artifactId>' "$2" &&
    grep -q "^  <$3[ >]" "$1"/org/understudy/understudy/*/understudy-*.pom; }
}

# The BOM has each bundle, once.
bom_is_complete() {
  diff <(sed -n 's:.*<artifactId>\(org\.understudy\..*\)</artifactId>:\1:p' "$1"/org/understudy/understudy-bom/*/*.pom | LC_ALL=C sort) \
    <(find "$1/org/understudy" -mindepth 1 -maxdepth 1 -name 'org.understudy.*' -printf '%f\n' | LC_ALL=C sort) >&2 ||
    { say "The bundles in bom/pom.xml (<) are not those of the release (>)."; return 1; }
}
