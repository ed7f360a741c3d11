#!/usr/bin/env bash
# Prints one line with the duration of each step, the longest first, from the file that STEP_TIMES names. Its first line is the
# time at which the steps began.
set -euo pipefail

printf '%d s in all:' $(($(date +%s) - $(head -n 1 "$STEP_TIMES")))
tail -n +2 "$STEP_TIMES" | sort -k1,1 -rn | awk '{ printf "%s %s", (NR > 1 ? "," : ""), $0 } END { print "" }'
