#!/usr/bin/env bash
# Prepares a Debian machine for `make test`: installs missing packages and checks the Swift toolchain. Takes little time if
# nothing is missing.
#
#   scripts/bootstrap.sh [PACKAGE…]    further packages (make bench needs wrk)
set -euo pipefail

build_packages=(
    g++ pkg-config
    libcurl4-openssl-dev libexpat1-dev libhiredis-dev libmicrohttpd-dev libpcre2-dev libpq-dev librabbitmq-dev
    librdkafka-dev libsimdjson-dev libsqlite3-dev libssl-dev
)
lint_packages=(shellcheck)
# For tests and examples: images, video, mail, the PDF report (cairo and a font) and their checks; Node for JavaScript.
example_packages=(
    curl ffmpeg fonts-dejavu-core imagemagick jq nodejs poppler-utils
    python3 python3-aiosmtpd python3-cairo sqlite3
)
# For tests of the metrics and of the alert rules: the server and promtool.
watch_packages=(prometheus)
# Proxies in front of the server, and other machines, in the security tests.
proxy_packages=(haproxy iproute2 nginx-light openssl)
# The servers of the driver tests.
server_packages=(postgresql rabbitmq-server redis-server redis-tools)
wanted=("${build_packages[@]}" "${lint_packages[@]}" "${example_packages[@]}" "${watch_packages[@]}"
    "${server_packages[@]}" "${proxy_packages[@]}" "$@")

# Debian's nodejs has no npm; other packages of Node contain it, and do not allow Debian's npm beside them.
command -v npm >/dev/null || wanted+=(npm)

swift_needed=6.2
lock_wait_seconds=300

fail() {
    printf 'bootstrap: %s\n' "$@" >&2
    exit 1
}

check_swift() {
    local found=none
    if command -v swiftc >/dev/null; then
        found=$(swiftc --version 2>/dev/null | grep -oE 'Swift version [0-9]+\.[0-9]+' | grep -oE '[0-9.]+$') ||
            found=unknown
    fi
    case $found in
    none | unknown) ;;
    *) [[ $(printf '%s\n' "$swift_needed" "$found" | sort -V | head -n 1) != "$swift_needed" ]] || return 0 ;;
    esac
    fail "Swift $swift_needed or later is needed; found: $found." \
        "Install the toolchain for your Debian from https://www.swift.org/install/linux/ and put its" \
        "usr/bin folder (with swift and swiftc) on PATH, then run this again."
}

# Prints the wanted packages that are not installed.
missing_packages() {
    local installed
    # shellcheck disable=SC2016 # the ${…} are dpkg-query's own fields
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null || true)
    comm -23 <(printf '%s\n' "${wanted[@]}" | sort -u) <(sed -n 's/^installed //p' <<<"$installed" | sort -u)
}

apt() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -o "DPkg::Lock::Timeout=$lock_wait_seconds" "$@" >"$log" 2>&1
}

install_missing() { apt install -y --no-install-recommends "${missing[@]}"; }

# apt-get waits for dpkg's lock by itself, but not for the lock of the package lists.
update_lists() {
    local deadline=$((SECONDS + lock_wait_seconds))
    until apt update; do
        grep -q 'Could not get lock' "$log" && ((SECONDS < deadline)) || return 1
        sleep 2
    done
}

# Whether the package lists contain every missing package.
lists_know_missing() {
    [[ $(apt-cache policy "${missing[@]}" 2>/dev/null | grep -c 'Candidate: [^(]') == "${#missing[@]}" ]]
}

check_swift
command -v dpkg-query >/dev/null ||
    fail "this is not a Debian system; install the equivalents of: ${wanted[*]}"

mapfile -t missing < <(missing_packages)
((${#missing[@]} > 0)) || exit 0

if ((EUID == 0)); then
    as_root=()
elif command -v sudo >/dev/null; then
    as_root=(sudo)
    [[ -t 0 ]] || as_root+=(-n)
else
    fail "these Debian packages are missing, and installing them needs root or sudo:" "${missing[*]}" \
        "As root: apt-get install --no-install-recommends ${missing[*]}"
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "Installing from Debian: ${missing[*]}"
if ! { lists_know_missing && install_missing; }; then
    # The lists are absent or older than the mirror.
    if ! update_lists || ! install_missing; then
        cat "$log" >&2
        fail "apt-get could not install: ${missing[*]}"
    fi
fi
