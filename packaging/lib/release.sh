# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# ./understudy release (sourced with common.sh): docs/releasing.md.

release() {
  local command=${1-}
  [ $# -eq 0 ] || shift
  case "$command" in
    prepare) release_prepare "$@" ;;
    build) release_build "$@" ;;
    check) release_check "$@" ;;
    packages) release_packages "$@" ;;
    test) release_test "$@" ;;
    *) die_usage "release takes prepare, build, check, packages or test, not '$command'" ;;
  esac
}

# Sets the version, and for a release its date, in the files of the checkout.
release_prepare() {
  local version=${1-} old date
  [[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-SNAPSHOT)?$ ]] || die_usage "release prepare takes a version such as 0.1.0 or 0.2.0-SNAPSHOT, not '$version'"
  require_clean_checkout
  old=$(project_version)
  date=$(date -u +%Y-%m-%d)
  git -C "$here" ls-files '*pom.xml' | sed "s,^,$here/," | xargs sed -i "s,<version>$old</version>,<version>$version</version>,"
  sed -i "s/^VERSION := .*/VERSION := ${version%-SNAPSHOT}/" "$here/native/Makefile"
  case "$version" in
    *-SNAPSHOT) say "The version is $version now." ;;
    *)
      sed -i "s,<project.build.outputTimestamp>.*</,<project.build.outputTimestamp>${date}T00:00:00Z</," "$here/pom.xml"
      sed -i "0,/^## Unreleased\$/s//## Unreleased\n\n## $version - $date/" "$here/CHANGELOG.md"
      say "Check the changes, then: git commit -am 'build: Release $version' && git tag -a v$version -m 'Understudy $version'"
      ;;
  esac
}

require_clean_checkout() {
  [ -z "$(git -C "$here" status --porcelain)" ] || die "the checkout has changes" "commit or remove them: git status" 4
}

# Fails unless the checkout is the tag of its version, and everything that has a version has this one.
require_release() {
  local version
  version=$(project_version)
  case "$version" in *-SNAPSHOT) die "$version is not a release" "check out a tag, such as: git checkout v${version%-SNAPSHOT}" 4 ;; esac
  require_clean_checkout
  git -C "$here" tag --points-at HEAD | grep -qx "v$version" ||
    die "the commit does not have the tag v$version" "check out the tag: git checkout v$version" 4
  grep -q "^## $version - 20[0-9-]*\$" "$here/CHANGELOG.md" ||
    die "CHANGELOG.md has no section of $version" "use ./understudy release prepare $version for the commit of the tag" 4
  grep -qx "VERSION := $version" "$here/native/Makefile" ||
    die "native/Makefile has another version than $version" "use ./understudy release prepare $version for the commit of the tag" 4
}

# Programs that a build needs besides those of setup.
require_release_tools() {
  local program missing=()
  for program in dh:debhelper dpkg-buildpackage:dpkg-dev debconf-updatepo:po-debconf fakeroot:fakeroot git:git unzip:unzip; do
    command -v "${program%:*}" >/dev/null || missing+=("${program#*:}")
  done
  [ ${#missing[@]} -eq 0 ] || die "not installed: ${missing[*]}" "apt-get install ${missing[*]}"
}

release_build() {
  local out='' version
  while [ $# -gt 0 ]; do
    case "$1" in
      --output) [ -n "${2-}" ] || die_usage "--output takes a folder"; out=$2; shift ;;
      *) die_usage "unknown option '$1' of release build" ;;
    esac
    shift
  done
  require_release
  require_setup
  require_release_tools
  version=$(project_version)
  out=${out:-$here/target/release/$version}
  [ ! -e "$out" ] || die "$out exists" "remove it, or choose another folder with --output" 4
  require_free_disk "$here" 2000
  mkdir -p "$out"
  out=$(cd "$out" && pwd -P)
  # shellcheck disable=SC2064
  trap "rm -rf '$out'" EXIT
  build_release "$version" "$out" || die "the release was not built" "read the messages above" 1
  trap - EXIT
  say "The release is in $out:"
  (cd "$out" && sha256sum --quiet -c SHA256SUMS && du -h -- * >&2)
}

# build_release VERSION FOLDER: in a clone, so that no file of an earlier build gets into the release.
build_release() (
  umask 022 # the modes of the files of the clone get into archives
  work=$(mktemp -d "${TMPDIR:-/tmp}/understudy-release.XXXXXX") || exit 1
  trap 'rm -rf "$work"' EXIT
  clone "$here" "$work/source" --branch "v$1" --depth 1 && "$work/source/packaging/lib/build-release" "$2"
)

# clone CHECKOUT FOLDER [OPTION...]
clone() { git -c advice.detachedHead=false clone -q --no-hardlinks "${@:3}" "file://$1" "$2"; }

# Builds this commit twice, as if it were a release, in different folders, time zones, locales and umasks, with different user names, and
# compares.
release_check() {
  local work version first second
  [ $# -eq 0 ] || die_usage "release check takes no options"
  require_clean_checkout
  require_setup
  require_release_tools
  version=$(project_version)
  version=${version%-SNAPSHOT}
  work=$(mktemp -d "${TMPDIR:-/tmp}/understudy-check.XXXXXX")
  # shellcheck disable=SC2064
  trap "rm -rf '$work'" EXIT
  first=$work/first second=$work/another-folder
  clone "$here" "$first/source"
  rehearse "$first/source" "$version"
  clone "$first/source" "$second/source" --branch "v$version"
  "$first/source/understudy" release build --output "$first/out" || die "the release cannot be built" "read the messages above" 1
  (umask 077 && TZ=Asia/Tokyo LC_ALL=C TMPDIR=$second MAVEN_OPTS='-XX:+UseSerialGC -Duser.name=another' "$second/source/understudy" release build --output "$second/out") ||
    die "the release cannot be built again" "read the messages above" 1
  if ! diff -r "$first/out" "$second/out"; then
    trap - EXIT
    die "two builds differ; the files are above" "compare the folders in $work, such as with diffoscope, and remove them" 1
  fi
  # shellcheck source=packaging/lib/central.sh
  . "$here/packaging/lib/central.sh"
  check_for_central "$first/out/understudy-$version-maven.zip" "$work/central" || die "Maven Central would refuse the release" "read the messages above" 1
  say "Two builds of $version are identical: $(find "$first/out" -type f | wc -l) files."
}

# rehearse CLONE VERSION: commits and tags the release in a clone.
rehearse() {
  "$1/understudy" release prepare "$2" 2>/dev/null
  git -C "$1" -c user.name=understudy -c user.email=understudy@localhost commit -qam "build: Release $2"
  git -C "$1" -c user.name=understudy -c user.email=understudy@localhost tag -a "v$2" -m "Understudy $2"
}

# The Debian packages of this commit, with a version before that of the release.
release_packages() {
  local out=$here/target/packages
  while [ $# -gt 0 ]; do
    case "$1" in
      --output) [ -n "${2-}" ] || die_usage "--output takes a folder"; out=$2; shift ;;
      *) die_usage "unknown option '$1' of release packages" ;;
    esac
    shift
  done
  require_clean_checkout
  require_setup
  require_release_tools
  build_distribution
  # Otherwise a command that installs all packages of the folder would find those of earlier commits too.
  [ "$out" != "$here/target/packages" ] || rm -rf "$out"
  mkdir -p "$out"
  package_distribution "$out"
  say "The packages are in $out."
}

build_distribution() {
  say "Building Understudy ..."
  maven -q package -DskipTests -Dspotless.check.skip -pl features/distribution -am >&2 || die "the build failed" "read the messages above" 1
}

# package_distribution FOLDER [VERSION]
package_distribution() (
  archive=$here/features/distribution/target/understudy-karaf-$(project_version).tar.gz
  work=$(mktemp -d "${TMPDIR:-/tmp}/understudy-packages.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  mkdir "$work/content"
  tar -xzf "$archive" -C "$work/content" --strip-components=1
  "$here/packaging/lib/bill" "$work/content" "$(project_version)" "$(date -u +%FT%TZ)" "$work/sbom.json" "$work/third-party.txt"
  "$here/packaging/lib/build-packages" "$archive" "$work/third-party.txt" "$@" || die "the packages were not built" "read the messages above" 1
)

# The packages of the last release are installed in clean systems, upgraded to those of this commit, removed and purged.
release_test() {
  local work suite former failed=0
  [ $# -eq 0 ] || die_usage "release test takes no options"
  require_clean_checkout
  [ "$(id -u)" = 0 ] || die "release test needs root for its machines" "run it as root"
  require_setup
  require_release_tools
  for suite in mmdebstrap lintian buildah; do command -v "$suite" >/dev/null || die "not installed: $suite" "apt-get install $suite"; done
  require_free_disk "${TMPDIR:-/tmp}" 5000
  work=$(mktemp -d "${TMPDIR:-/tmp}/understudy-release-test.XXXXXX")
  # shellcheck disable=SC2064
  trap "rm -rf '$work'" EXIT
  former_release "$work/source"
  former=$(here=$work/source project_version)
  "$work/source/understudy" release packages --output "$work/old" || die "the packages of $former were not built" "read the messages above" 1
  rm -rf "$work/source"
  build_distribution
  mkdir "$work/new"
  package_distribution "$work/new" "$(next_version "$former")"
  say "Checking the packages by lintian ..."
  lintian --allow-root --fail-on error,warning "$work"/new/*.deb >&2 || failed=1
  for suite in bookworm trixie; do "$here/packaging/test/packages" "$work/old" "$work/new" "$suite" || failed=1; done
  "$here/packaging/test/container" "$work/new" || failed=1
  [ "$failed" = 0 ] || die "a package has a defect" "read the messages above" 1
}

# former_release CLONE: the last release up to this commit. Before the first one, this commit as if it were released.
former_release() {
  local tag
  clone "$here" "$1"
  if tag=$(git -C "$1" describe --tags --abbrev=0 --match 'v[0-9]*' 2>/dev/null); then
    git -C "$1" -c advice.detachedHead=false checkout -q "$tag"
  else
    rehearse "$1" "$(project_version | sed 's/-SNAPSHOT//')"
  fi
}

# next_version FORMER: that of the packages of this commit, which have to be newer than those of FORMER.
next_version() {
  local version
  version=$(project_version | sed 's/-SNAPSHOT//')
  [ "$version" != "$1" ] || version=$1.1
  echo "$version"
}
