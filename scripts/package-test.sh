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
    if ! mmdebstrap --quiet --mode=root --variant=minbase --include="$included" --aptopt="$cache/apt.conf" \
        --skip=cleanup/apt --customize-hook="APT_CONFIG=\$MMDEBSTRAP_APT_CONFIG apt-get --quiet --yes --download-only install $later" \
        "$suite" "$system.part" - <<<"$mirrors" >"$cache/log" 2>&1; then
        cat "$cache/log" >&2
        rm -rf "$system.part"
        skip "the mirror does not answer, or cannot make a system"
    fi
    mv "$system.part" "$system"
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
