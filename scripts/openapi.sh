#!/usr/bin/env bash
# `make openapi`: checks the examples of the OpenAPI document, and builds and uses the clients that generators make from it.
#
#   scripts/openapi.sh [TEST…]    for example test_examples; all tests by default
#
# The generators are installed from PyPI into .run/openapi once. The one for TypeScript needs Java.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/bootstrap.sh default-jre-headless node-typescript
tool=$(scripts/venv.sh openapi \
    openapi-python-client==0.29.1 openapi-generator-cli==7.26.0 jsonschema==4.26.0 rfc3339-validator==0.1.4)

export LONGHAUL=${LONGHAUL_BINARY:-$PWD/.build/release/longhaul} PYTHONDONTWRITEBYTECODE=1
cd Tests/OpenAPI
if (($# > 0)); then
    exec "$tool/bin/python" -m unittest --verbose "$@"
fi
exec "$tool/bin/python" -m unittest discover --verbose
