#!/usr/bin/env bash
# Compares `longhaul jsonata --batch` with jsonata-python on random expressions. Run it by hand.
# Usage: scripts/jsonata-differential.sh [SECONDS [SEED]]
# LONGHAUL_BINARY names the command; .build/release/longhaul by default.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

python=$(scripts/jsonata-venv.sh)
exec "$python" Tests/Fuzz/jsonata_differential.py \
    --binary "${LONGHAUL_BINARY:-.build/release/longhaul}" --seconds "${1:-600}" --seed "${2:-1}"
