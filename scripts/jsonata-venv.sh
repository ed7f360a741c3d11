#!/usr/bin/env bash
# Prints the path of a Python that has jsonata-python. Installs it from PyPI into .run/jsonata-venv if it is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=0.7.1
python=$PWD/.run/jsonata-venv/bin/python
has_version() {
    "$python" -c "import importlib.metadata as m; assert m.version('jsonata-python') == '$version'" 2>/dev/null
}
if ! has_version; then
    scripts/bootstrap.sh python3-venv >&2
    python3 -m venv .run/jsonata-venv
    "$python" -m pip install --quiet --disable-pip-version-check "jsonata-python==$version" >&2
fi
echo "$python"
