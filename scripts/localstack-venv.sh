#!/usr/bin/env bash
# Prints the path of a Python that has LocalStack's interpreter of state machines. Installs it from PyPI into .run/localstack if it is
# missing. It needs Python 3.13.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

base=$(find ~/.pyenv/versions -path '*/3.13*/bin/python3.13' 2>/dev/null | head -n 1) || true
base=${base:-python3.13}
"$base" --version >/dev/null || { echo "localstack: Python 3.13 is needed. Put python3.13 into PATH" >&2; exit 1; }
environment=$(VENV_PYTHON=$base scripts/venv.sh localstack 'localstack-core[base-runtime]==2026.3.0' \
    antlr4-python3-runtime==4.13.2 jpype1 jsonpath-ng moto)
echo "$environment/bin/python"
