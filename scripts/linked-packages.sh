#!/usr/bin/env bash
# Prints the Debian packages of the libraries that a binary needs directly, sorted, one on each line. Leaves out the packages
# that every Debian image has, and libraries that belong to no package, such as those of the Swift toolchain.
#
#   scripts/linked-packages.sh BINARY
set -euo pipefail

base_packages=(libc6 libgcc-s1)
places=$(ldd "$1" | awk '$2 == "=>" && $3 ~ /^\// { print $1, $3 }')
objdump -p "$1" | awk '$1 == "NEEDED" { print $2 }' | while read -r library; do
    place=$(awk -v name="$library" '$1 == name { print $2 }' <<<"$places")
    [[ -n $place ]] || continue
    dpkg-query -S "$place" "$(realpath "$place")" "/usr$place" 2>/dev/null | cut -d: -f1 || true
done | sort -u | grep -vxFf <(printf '%s\n' "${base_packages[@]}")
