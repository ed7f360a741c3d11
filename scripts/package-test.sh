#!/usr/bin/env bash
# `make test-package`: installs each package of .run/packages in a clean Debian, runs a job with it, and removes it. Each test
# has its own copy of the system, without a network. The systems are made once, by mmdebstrap from the mirror that apt uses,
# and kept in .run/package-test.
#
#   scripts/package-test.sh [tarball|deb|wheel]…    all three by default
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
packages=$PWD/.run/packages
cache=$PWD/.run/package-test

# Ends the test with a line that says what is missing.
skip() {
    echo "package-test: skipped: $*"
    exit 0
}
fail() {
    echo "package-test: $*" >&2
    exit 1
}

((EUID == 0)) || skip "a clean system needs root"
unshare --mount --pid --net --fork true 2>/dev/null || skip "this machine allows no namespaces"
[[ -e $packages/SHA256SUMS ]] || fail "there are no packages; run make package first"
scripts/bootstrap.sh mmdebstrap iproute2

# The lines of sources.list for Debian's mirrors, as apt is configured.
# shellcheck disable=SC2016 # the $(…) are apt's own fields
mirrors=$(apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' |
    sort -u)
[[ -n $mirrors ]] || skip "apt knows no mirror of Debian"
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
settings=$(apt-config dump | grep -E '^Acquire::(http|https|Check-|Retries)' || true)

# run_logged COMMAND…: prints the output of a command only if it fails.
run_logged() { "$@" >"$cache/log" 2>&1 || { cat "$cache/log" >&2 && return 1; }; }

# make_system NAME INCLUDED LATER: makes a minimal Debian with some packages, and downloads others with all that they depend
# on. Sets `system` to its folder.
make_system() {
    local included=$2 later=$3
    system=$cache/$1-$(printf '%s\n' "$mirrors" "$settings" "$@" | sha256sum | cut -c1-12)
    [[ ! -d $system ]] || return 0
    echo "package-test: making a clean Debian ($1); this takes minutes, once"
    mkdir -p "$cache"
    rm -rf "${cache:?}/$1"-*
    printf '%s\n' "$settings" >"$cache/apt.conf"
    if ! run_logged mmdebstrap --quiet --mode=root --variant=minbase --include="$included" --aptopt="$cache/apt.conf" \
        --skip=cleanup/apt "$suite" "$system.part" - <<<"$mirrors"; then
        rm -rf "$system.part"
        skip "the mirror does not answer, or cannot make a system"
    fi
    if ! download "$system.part" "$later"; then
        rm -rf "$system.part"
        fail "the base system was made, but these packages cannot be installed in it: $later"
    fi
    mv "$system.part" "$system"
}

# download SYSTEM PACKAGES: downloads packages, with all that they depend on, into the cache of a system.
download() {
    cp "$cache/apt.conf" "$1/tmp/apt.conf"
    cp /etc/resolv.conf "$1/etc/resolv.conf"
    # shellcheck disable=SC2086 # a list of packages
    run_logged env APT_CONFIG=/tmp/apt.conf DEBIAN_FRONTEND=noninteractive \
        chroot "$1" apt-get --quiet --yes --no-install-recommends --download-only install $2 || return 1
    rm -f "$1/tmp/apt.conf" "$1/etc/resolv.conf"
}

# What the Debian package depends on: of alternatives the first one, without versions.
dependencies() {
    dpkg-deb -f "$packages"/*.deb Depends | tr ',' '\n' | sed -E 's/\|.*//; s/\(.*\)//; s/ //g' | sort | xargs
}

# run_inside NAME: runs scripts/package-test/NAME.sh in a copy of the system. All of its processes and mounts end with it.
run_inside() {
    local started=$SECONDS
    unshare --mount --pid --net --uts --ipc --fork --kill-child scripts/package-test/enter.sh "$system" "$packages" "$1" ||
        fail "the $1 failed"
    echo "package-test: $1 works ($((SECONDS - started)) s)"
}

(($# > 0)) || set -- tarball deb wheel
for name in "$@"; do
    case $name in
    tarball | deb) make_system plain apt "$(dependencies)" ;;
    wheel) make_system python ca-certificates,python3-venv,tzdata apt ;;
    *) fail "no package is named $name" ;;
    esac
    run_inside "$name"
done
