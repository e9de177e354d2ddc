# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Functions of the builders of the test guest and of the emulated host. Sourced; the builder sets $cache.

# Large modules that neither of them needs; they are not unpacked.
unneeded_modules=('*/kernel/sound' '*/drivers/'{gpu,media,staging,infiniband,iio,usb,scsi,isdn,comedi,mtd,md,hid,hwmon}
  '*/drivers/net/'{wireless,usb,can,phy,fddi,hamradio})

# fail TEXT REMEDY
fail() {
  printf '%s: %s\n  remedy: %s\n' "$(basename "$0")" "$1" "$2" >&2
  exit 1
}

# cache_folder NAME: a writable folder of the cache.
cache_folder() {
  local root=${UNDERSTUDY_CACHE:-}
  [ -n "$root" ] || root=${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/understudy
  mkdir -p "$root/$1" 2>/dev/null || true
  [ -w "$root/$1" ] || fail "cannot write to the cache $root" "set UNDERSTUDY_CACHE to a writable folder"
  echo "$root/$1"
}

# remembered NAME COMMAND...: the output of the command. apt takes seconds, so the output is cached while the lists and
# settings of apt and the builder are unchanged.
remembered() {
  local name=$1 state memo
  shift
  state=$({
    find /var/lib/apt/lists /etc/apt -type f -printf '%p %s %T@\n' 2>/dev/null | LC_ALL=C sort
    cat "$0"
  } | sha256sum | cut -c1-16) || true
  memo=${cache:?}/$name-$state
  if [ ! -s "$memo" ]; then
    "$@" >"$memo.$$" || { rm -f "$memo.$$"; exit 1; }
    forget "$name"
    mv "$memo.$$" "$memo"
  fi
  cat "$memo"
}

forget() { rm -f "${cache:?}/$1"-????????????????; }

# Creates $work beside the result, so that the last step is a rename. Folders of killed runs are removed after 1 h.
open_work() {
  find "${cache:?}" -maxdepth 1 -name '.new.*' -mmin +60 -exec rm -rf {} + 2>/dev/null || true
  work=$(mktemp -d "$cache/.new.XXXXXX")
}

# publish KEY FILE: renames $work/out to the cache entry, which contains FILE. The rename is atomic; it fails if another
# builder was first, which is no error.
publish() {
  chmod -R a+rX "$work/out"
  mv -T "$work/out" "$cache/$1" 2>/dev/null || [ -e "$cache/$1/$2" ]
}

# keep KEY: marks the entry as used, and removes entries that were not used for two weeks, such as those of old kernels.
# Another builder may do so at the same time, so a missing entry is no error.
keep() {
  touch "$cache/$1" 2>/dev/null || true
  find "$cache" -maxdepth 1 -type d -name '????????????????' -mtime +14 -exec rm -rf {} + 2>/dev/null || true
}

# unpack_kernel DEB: sets $modules to its folder of modules, with a modules.dep, and $vmlinuz.
unpack_kernel() {
  mkdir "$work/kernel"
  dpkg-deb --fsys-tarfile "$1" | tar -x -C "$work/kernel" "${unneeded_modules[@]/#/--exclude=}"
  modules=$(dirname "$(find "$work/kernel" -name modules.builtin -print -quit)")
  vmlinuz=$(find "$work/kernel/boot" -name 'vmlinuz-*' -print -quit)
  # The package has no modules.dep; depmod creates it from the modules.
  index_modules "$(dirname "$(dirname "$(dirname "$modules")")")"
}

# index_modules BASE: depmod for BASE/lib/modules.
index_modules() {
  PATH=$PATH:/usr/sbin:/sbin depmod -b "$1" "$(basename "$modules")" 2>/dev/null || fail "depmod failed" "install the package kmod"
}

# Prints a module and its dependencies, in load order.
with_dependencies() {
  local name=${1//[_-]/[_-]} line
  if line=$(grep -E "/$name\.ko(\.xz)?:" "$modules/modules.dep"); then
    tr ' ' '\n' <<<"${line/:/}" | grep . | tac
  else
    grep -qE "/$name\.ko$" "$modules/modules.builtin" || fail "the kernel has no module $1" "adapt the list of modules in $(basename "$0")"
  fi
}

# add_modules FOLDER LIST NAME...: copies modules and their dependencies, and appends their file names to the list.
add_modules() {
  local folder=$1 list=$2 name file
  shift 2
  for name in "$@"; do with_dependencies "$name"; done | awk '!seen[$0]++' | while IFS= read -r file; do
    name=$(basename "${file%.xz}")
    case "$file" in
      *.xz) xz -dc "$modules/$file" >"$folder/$name" ;;
      *) cp "$modules/$file" "$folder/$name" ;;
    esac
    echo "$name" >>"$list"
  done
}

# The uncompressed kernel: QEMU starts an ELF kernel with a PVH entry at once, while the emulated CPU takes seconds to
# decompress vmlinuz. If the compression is not supported, it is a copy of vmlinuz.
add_vmlinux() {
  local out=$1 magic tool offset
  while read -r magic tool; do
    offset=$(LC_ALL=C grep -obUaP -m 1 "$magic" "$vmlinuz" | head -n 1 | cut -d: -f1) || continue
    command -v "${tool%% *}" >/dev/null || continue
    # Both report an error for the data after the compressed part.
    tail -c "+$((offset + 1))" "$vmlinuz" | $tool >"$work/vmlinux" 2>/dev/null || true
    objcopy --strip-all "$work/vmlinux" "$out" 2>/dev/null && return
  done <<'TOOLS'
\xfd7zXZ\x00 xz -dc --single-stream
\x28\xb5\x2f\xfd zstd -dcq
TOOLS
  cp "$vmlinuz" "$out"
}

# pack FOLDER FILE: packs the folder as a reproducible initramfs.
pack() {
  find "$1" -exec touch -h -d @0 {} +
  (cd "$1" && find . | LC_ALL=C sort | cpio --quiet --reproducible -o -H newc -R 0:0 | gzip -n -1) >"$2"
}
