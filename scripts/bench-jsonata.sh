#!/usr/bin/env bash
# Measures JSONata evaluations beside jsonata-python. Usage: scripts/bench-jsonata.sh [SECONDS per expression]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

venv=.run/jsonata-venv
if [[ ! -x $venv/bin/python ]]; then
    python3 -m venv "$venv"
fi
"$venv/bin/python" -c 'import jsonata' 2>/dev/null || "$venv/bin/pip" install --quiet jsonata-python
swift build -c release --product longhaul-bench >/dev/null
exec "$venv/bin/python" Benchmarks/jsonata.py --seconds "${1:-2}"
