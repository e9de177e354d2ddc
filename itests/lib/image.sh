# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What the builders of the test guest and of the emulated host share. Sourced; the builder sets $cache.

# Big, and nothing that either of them needs: not even unpacked.
unneeded_modules=('*/kernel/sound' '*/drivers/'{gpu,media,staging,infiniband,iio,usb,scsi,isdn,comedi,mtd,md,hid,hwmon}
  '*/drivers/net/'{wireless,usb,can,phy,fddi,hamradio})

# fail TEXT REMEDY
fail() {
  printf '%s: %s\n  remedy: %s\n' "$(basename "$0")" "$1" "$2" >&2
  exit 1
}

# cache_folder NAME: a folder of the cache that may be written to.
cache_folder() {
  local root=${UNDERSTUDY_CACHE:-}
  [ -n "$root" ] || root=${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/understudy
  mkdir -p "$root/$1" 2>/dev/null || true
  [ -w "$root/$1" ] || fail "cannot write to the cache $root" "set UNDERSTUDY_CACHE to a folder that you may write to"
  echo "$root/$1"
}

# remembered NAME COMMAND...: what the command prints. apt needs seconds for an answer, so it is kept in the cache for
# as long as apt's lists and settings and the builder are the same files.
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

# Makes $work beside the result, so that the last step is a rename. Orphans of killed runs go after an hour.
open_work() {
  find "${cache:?}" -maxdepth 1 -name '.new.*' -mmin +60 -exec rm -rf {} + 2>/dev/null || true
  work=$(mktemp -d "$cache/.new.XXXXXX")
}

# publish KEY FILE: $work/out becomes the cache's entry; FILE is in it. Renaming a folder into place is atomic; whoever
# comes second finds it there.
publish() {
  chmod -R a+rX "$work/out"
  mv -T "$work/out" "$cache/$1" 2>/dev/null || [ -e "$cache/$1/$2" ]
}

# keep KEY: the entry was used; a kernel update leaves others behind that nobody asks for again. Another builder may
# tidy at the same time, so what is already gone is no failure.
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
  # The package comes without modules.dep; depmod makes it from the modules alone.
  index_modules "$(dirname "$(dirname "$(dirname "$modules")")")"
}

# index_modules BASE: depmod for BASE/lib/modules.
index_modules() {
  PATH=$PATH:/usr/sbin:/sbin depmod -b "$1" "$(basename "$modules")" 2>/dev/null || fail "depmod failed" "install the package kmod"
}

# Prints a module and all it needs, in the order of loading.
with_dependencies() {
  local name=${1//[_-]/[_-]} line
  if line=$(grep -E "/$name\.ko(\.xz)?:" "$modules/modules.dep"); then
    tr ' ' '\n' <<<"${line/:/}" | grep . | tac
  else
    grep -qE "/$name\.ko$" "$modules/modules.builtin" || fail "the kernel has no module $1" "adapt the list of modules in $(basename "$0")"
  fi
}

# add_modules FOLDER LIST NAME...: copies them with what they need, and appends their files' names to the list.
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

# The kernel without its shell: QEMU starts an ELF kernel with a PVH entry at once, while the emulated CPU takes
# seconds to decompress vmlinuz. Where it can't be unpacked (another compression), it is the same as vmlinuz.
add_vmlinux() {
  local out=$1 magic tool offset
  while read -r magic tool; do
    offset=$(LC_ALL=C grep -obUaP -m 1 "$magic" "$vmlinuz" | head -n 1 | cut -d: -f1) || continue
    command -v "${tool%% *}" >/dev/null || continue
    # Both complain of what follows the compressed part.
    tail -c "+$((offset + 1))" "$vmlinuz" | $tool >"$work/vmlinux" 2>/dev/null || true
    objcopy --strip-all "$work/vmlinux" "$out" 2>/dev/null && return
  done <<'TOOLS'
\xfd7zXZ\x00 xz -dc --single-stream
\x28\xb5\x2f\xfd zstd -dcq
TOOLS
  cp "$vmlinuz" "$out"
}

# pack FOLDER FILE: the folder as an initramfs, the same for the same content.
pack() {
  find "$1" -exec touch -h -d @0 {} +
  (cd "$1" && find . | LC_ALL=C sort | cpio --quiet --reproducible -o -H newc -R 0:0 | gzip -n -1) >"$2"
}
