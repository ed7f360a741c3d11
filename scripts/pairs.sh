#!/usr/bin/env bash
# Runs the black-box tests on pairs of store and queue, some with artifacts in S3, two pairs at once, and prints the result of each.
# Tests of the command alone are left out. Tests for one store are skipped on the others.
#
#   scripts/pairs.sh [--cover | STORE+QUEUE[+s3]…]
#
# sqlite or postgres; store, redis, rabbitmq, kafka (Tansu), kafka-mock (the mock cluster of librdkafka) or sqs (of moto); s3
# for artifacts in a bucket of moto. By default every pair except sqlite+store, which `make test` runs with all other tests.
# --cover: the fewest pairs in which each driver takes part, as store and queue know nothing of each other.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cover=(postgres+store postgres+redis+s3 postgres+rabbitmq sqlite+kafka sqlite+sqs)
others=(postgres+kafka postgres+sqs sqlite+redis sqlite+rabbitmq+s3 sqlite+kafka-mock postgres+kafka-mock)
if (($# == 0)); then
    set -- "${cover[@]}" "${others[@]}"
elif [[ $* == --cover ]]; then
    set -- "${cover[@]}"
fi

run() {
    local pair=$1 store queue artifacts output status=0
    IFS=+ read -r store queue artifacts <<<"$pair"
    output=$(
        scripts/step.sh --show 'Test run with' --hide '^[◇✔]' "Testing on $store with $queue as queue${artifacts:+, artifacts in $artifacts}" \
            env LONGHAUL_TEST_STORE="$store" LONGHAUL_TEST_QUEUE="$queue" LONGHAUL_TEST_ARTIFACTS="${artifacts:-file}" \
            SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=24 scripts/tests.sh 1200 --skip-build --ignore-lock --filter '^BlackBoxTests\.' \
            --skip '\.(Usage|Settings|AWSSettings|Command|Autoscale|FullDisk|DeploymentGuide)Tests/'
    ) || status=$?
    printf '%s\n' "$output"
    return "$status"
}

export -f run
export LONGHAUL_BINARY=${LONGHAUL_BINARY:-$PWD/.build/release/longhaul}
# shellcheck disable=SC2016 # the inner shell expands it
printf '%s\0' "$@" | xargs -0 -n 1 -P 2 bash -c 'run "$1"' pairs
