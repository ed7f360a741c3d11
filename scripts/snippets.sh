#!/usr/bin/env bash
# Type-checks the Swift snippets of the documentation, follows the pages docs/first-job-*.md and builds the DocC catalogues. It needs
# the built tests (debug) and the release binary, or LONGHAUL_BINARY.
#
#   scripts/snippets.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=$(scripts/sdk-python-venv.sh)

"$python" -B Tests/Snippets/snippets.py
# The pages mostly wait. The catalogues have a process group of their own, which ends with this script.
set -m
scripts/docc.sh &
catalogues=$!
set +m
trap 'kill -- "-$catalogues" 2>/dev/null || true; wait "$catalogues" || true' EXIT
"$python" -B -m unittest discover -v -s Tests/Snippets -t Tests/Snippets
wait "$catalogues"
