# SPDX-License-Identifier: Apache-2.0
# Run in a guest by its agent: prints what GuestNetworkText reads. Reads only; a shell and basic tools such as those of busybox suffice.
LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH

last_part() {
  link=$(readlink "$1" 2>/dev/null) || link=
  echo "${link##*/}"
}

for device in /sys/class/net/*; do
  [ -r "$device/address" ] || continue
  printf 'device\t%s\t%s\t%s\t%s\n' "${device##*/}" "$(cat "$device/mtu")" "$(last_part "$device/device/driver")" \
    "$(last_part "$device/master")"
done

for device in /sys/bus/pci/devices/*; do
  [ -r "$device/class" ] || continue
  case $(cat "$device/class") in
    0x02*) [ -e "$device/driver" ] || printf 'driverless\t%s %s:%s\n' "${device##*/}" "$(cat "$device/vendor")" "$(cat "$device/device")" ;;
  esac
done

for file in /etc/netplan/*.yaml /run/netplan/*.yaml /lib/netplan/*.yaml /etc/cloud/cloud.cfg.d/*.cfg /etc/systemd/network/*.network \
  /etc/systemd/network/*.link /run/systemd/network/*.network /run/systemd/network/*.link /usr/lib/systemd/network/*.network \
  /etc/NetworkManager/system-connections/* /run/NetworkManager/system-connections/* /usr/lib/NetworkManager/system-connections/* \
  /etc/sysconfig/network-scripts/ifcfg-* /etc/sysconfig/network/ifcfg-* /etc/udev/rules.d/*.rules; do
  [ -f "$file" ] || continue
  printf 'file\t%s\n' "$file"
  # Only the lines that select or name a device; no line that may contain a password.
  grep -Ei '^ *\[|mac|hwaddr|match|name|driver|path|kind|device|subsystem|ethernets|network:|^ *[a-z0-9]+: *$' "$file" |
    grep -Eiv 'psk|passw|secret|private|identity|wep' | head -n 500 | sed 's/^/=/'
done
