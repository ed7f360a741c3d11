#!/usr/bin/env bash
# Runs the test of a package in a copy of a system, in memory. scripts/package-test.sh calls this in namespaces of its own.
#
#   enter.sh SYSTEM PACKAGES NAME
set -euo pipefail
system=$1 packages=$2 name=$3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

ip link set lo up
hostname clean
mount --make-rprivate /
layers=$(mktemp -d)
mount -t tmpfs -o size=2g tmpfs "$layers"
# The mount ends with the namespace; its folder does not.
trap 'umount --recursive --lazy "$layers" && rmdir "$layers"' EXIT
mkdir "$layers"/{upper,work,root}
root=$layers/root
mount -t overlay -o "lowerdir=$system,upperdir=$layers/upper,workdir=$layers/work" overlay "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/run"
mkdir "$root/packages" "$root/test"
mount --bind -o ro "$packages" "$root/packages"
mount --bind -o ro "$here" "$root/test"
echo "127.0.0.1 localhost clean" >"$root/etc/hosts"
: >"$root/etc/resolv.conf"

chroot "$root" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive bash -Eeuo pipefail "/test/$name.sh"
