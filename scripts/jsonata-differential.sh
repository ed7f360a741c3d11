#!/usr/bin/env bash
# Compares `longhaul jsonata --batch` with jsonata-python on random expressions. Run it by hand.
# Usage: scripts/jsonata-differential.sh [SECONDS [SEED]]
# LONGHAUL_BINARY names the command; .build/release/longhaul by default.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

venv=.run/jsonata-venv
if [[ ! -x $venv/bin/python ]]; then
    python3 -m venv "$venv"
fi
"$venv/bin/python" -c 'import jsonata' 2>/dev/null || "$venv/bin/pip" install --quiet jsonata-python

exec "$venv/bin/python" Tests/Fuzz/jsonata_differential.py \
    --binary "${LONGHAUL_BINARY:-.build/release/longhaul}" --seconds "${1:-600}" --seed "${2:-1}"
