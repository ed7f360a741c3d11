#!/usr/bin/env bash
# Removes files. The payload: {"files": ["/absolute/1.mkv", …]}
set -euo pipefail

jq -j '.payload.files[] | . + "\u0000"' | xargs -0 --no-run-if-empty rm -f --
