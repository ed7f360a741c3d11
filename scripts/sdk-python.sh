#!/usr/bin/env bash
# `make sdk-python`: checks the Python SDK: style, types, the oldest Python, its installation, and its tests against the server.
#
#   scripts/sdk-python.sh [TEST…]    for example tests.test_worker; all tests by default
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=$(scripts/sdk-python-venv.sh)
tools=$(dirname "$python")
export LONGHAUL_BINARY=${LONGHAUL_BINARY:-$PWD/.build/release/longhaul} PYTHONDONTWRITEBYTECODE=1
cache=$PWD/.run/sdk-python/cache
cd sdk/python

if (($# > 0)); then
    exec "$python" -W ignore::ResourceWarning -m unittest -v "$@"
fi
"$tools/ruff" check --quiet --cache-dir "$cache/ruff" .
"$tools/ruff" format --quiet --check --cache-dir "$cache/ruff" .
"$python" -m mypy --cache-dir "$cache/mypy"
"$python" -m mypy --strict --cache-dir "$cache/mypy" tests/typed_use.py
"$tools/vermin" --quiet --no-tips --eval-annotations -t=3.9- --exclude typing.ParamSpec --exclude typing.Concatenate longhaul

# The package as users install it, in a folder of its own.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp -r pyproject.toml README.md longhaul "$folder"
"$python" -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --target "$folder/installed" "$folder"
PYTHONPATH="$folder/installed" "$python" -c 'import longhaul, pathlib; assert (pathlib.Path(longhaul.__file__).parent / "py.typed").exists()'
PYTHONPATH="$folder/installed" "$folder/installed/bin/longhaul-worker" --version

"$python" -W ignore::ResourceWarning -m unittest -v
LONGHAUL=$LONGHAUL_BINARY "$python" -B ../../Tests/Torture/sdk_python.py --jobs 600
