#!/usr/bin/env bash
# Measures JSONata evaluations beside jsonata-python. Usage: scripts/bench-jsonata.sh [SECONDS per expression]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

python=$(scripts/jsonata-venv.sh)
swift build -c release --product longhaul-bench >/dev/null
exec "$python" Benchmarks/jsonata_rates.py --seconds "${1:-2}"
