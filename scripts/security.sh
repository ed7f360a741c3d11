#!/usr/bin/env bash
# Runs the security tests against the release binary.
#
#   scripts/security.sh [MODULE…]    for example test_framing; all modules by default
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../Tests/Security"

if (($# == 0)); then
    shopt -s nullglob
    modules=(test_*.py)
    set -- "${modules[@]%.py}"
fi
(($# > 0)) || exit 0
exec /usr/bin/python3 -B -m unittest -v "$@"
