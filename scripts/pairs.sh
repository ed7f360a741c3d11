#!/usr/bin/env bash
# Runs the black-box tests on pairs of store and queue, two pairs at once, and prints for each what came of it.
# Tests that only concern the command itself are left out; those that are about one store say so and are skipped.
#
#   scripts/pairs.sh [STORE+QUEUE…]    sqlite or postgres; store, redis or rabbitmq. Without any, every pair but
#                                      sqlite+store, which `make test` runs anyway
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

(($# > 0)) || set -- postgres+store postgres+redis postgres+rabbitmq sqlite+redis sqlite+rabbitmq

run() {
    local pair=$1 output status=0
    output=$(
        scripts/step.sh --show 'Test run with' --hide '^[◇✔]' "Testing on ${pair%+*} with ${pair#*+} as queue" \
            env LONGHAUL_TEST_STORE="${pair%+*}" LONGHAUL_TEST_QUEUE="${pair#*+}" \
            swift test --skip-build --ignore-lock --filter '^BlackBoxTests\.' \
            --skip '\.(Usage|Settings|Command|Autoscale|FullDisk)Tests/'
    ) || status=$?
    printf '%s\n' "$output"
    return "$status"
}

export -f run
export LONGHAUL_BINARY=${LONGHAUL_BINARY:-$PWD/.build/release/longhaul}
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=${SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH:-8}
# shellcheck disable=SC2016 # it is the inner shell that has the pair
printf '%s\0' "$@" | xargs -0 -n 1 -P 2 bash -c 'run "$1"' pairs
