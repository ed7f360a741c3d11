#!/usr/bin/env bash
# Prints one line with the duration of each step, the longest first, from the file that STEP_TIMES names.
set -euo pipefail

awk '{ total += $1 } END { printf "Steps took %d s:", total }' "$STEP_TIMES"
sort -k1,1 -rn "$STEP_TIMES" | awk '{ printf "%s %s", (NR > 1 ? "," : ""), $0 } END { print "" }'
