#!/usr/bin/env bash
# Prints the path of a Python that has LocalStack's interpreter of state machines. Installs it from PyPI into .run/localstack if it is
# missing. It needs Python 3.13.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=2026.3.0
tool=$PWD/.run/localstack/$version
if [[ ! -e $tool/complete ]]; then
    base=$(find ~/.pyenv/versions -path '*/3.13*/bin/python3.13' 2>/dev/null | head -n 1) || true
    base=${base:-python3.13}
    "$base" --version >/dev/null || { echo "localstack: Python 3.13 is needed. Put python3.13 into PATH" >&2; exit 1; }
    rm -rf "$tool"
    "$base" -m venv "$tool"
    "$tool/bin/python" -m pip install --quiet --disable-pip-version-check "localstack-core[base-runtime]==$version" \
        antlr4-python3-runtime==4.13.2 jpype1 jsonpath-ng moto >&2
    touch "$tool/complete"
fi
echo "$tool/bin/python"
