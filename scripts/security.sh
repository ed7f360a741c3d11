#!/usr/bin/env bash
# Runs the security tests against the release binary.
#
#   scripts/security.sh [MODULE…]    for example test_framing; all modules by default
#   scripts/security.sh --part 1|2   one half of the modules without test_crowd, which needs the whole machine
#   scripts/security.sh --crowds     test_crowd
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../Tests/Security"

modules=(test_*.py)
modules=("${modules[@]%.py}")
case ${1-} in
--crowds) set -- test_crowd ;;
--part)
    part=$2
    set --
    for index in "${!modules[@]}"; do
        [[ ${modules[index]} == test_crowd ]] || ((index % 2 + 1 != part)) || set -- "$@" "${modules[index]}"
    done
    ;;
'') set -- "${modules[@]}" ;;
esac
exec /usr/bin/python3 -B -m unittest -v "$@"
