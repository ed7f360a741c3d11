#!/usr/bin/env bash
# `make examples`: runs every example, one after the other; each checks its results.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/step.sh "Building the worker of the durable jobs (release)" swift build -c release --product example-worker

failed=0
for example in Examples/*/run.sh; do
    scripts/step.sh --show '  ok  ' "$(basename "$(dirname "$example")")" "$example" || failed=$((failed + 1))
done
((failed == 0)) || {
    echo "$failed of the examples failed" >&2
    exit 1
}
