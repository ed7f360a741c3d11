#!/usr/bin/env bash
# Runs the black-box tests on pairs of store and queue, two pairs at once, and prints the result of each.
# Tests of the command alone are left out. Tests for one store are skipped on the others.
#
#   scripts/pairs.sh [STORE+QUEUE…]    sqlite or postgres; store, redis or rabbitmq. By default every pair except
#                                      sqlite+store, which `make test` runs separately
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

(($# > 0)) || set -- postgres+store postgres+redis postgres+rabbitmq sqlite+redis sqlite+rabbitmq

run() {
    local pair=$1 output status=0
    output=$(
        scripts/step.sh --show 'Test run with' --hide '^[◇✔]' "Testing on ${pair%+*} with ${pair#*+} as queue" \
            env LONGHAUL_TEST_STORE="${pair%+*}" LONGHAUL_TEST_QUEUE="${pair#*+}" \
            swift test --skip-build --ignore-lock --filter '^BlackBoxTests\.' \
            --skip '\.(Usage|Settings|Command|Autoscale|FullDisk|DeploymentGuide)Tests/'
    ) || status=$?
    printf '%s\n' "$output"
    return "$status"
}

export -f run
export LONGHAUL_BINARY=${LONGHAUL_BINARY:-$PWD/.build/release/longhaul}
# shellcheck disable=SC2016 # the inner shell expands it
printf '%s\0' "$@" | xargs -0 -n 1 -P 2 bash -c 'run "$1"' pairs
