#!/usr/bin/env bash
# Runs one step quietly: prints a line with its name and duration, and its whole output only if it fails.
#
#   scripts/step.sh [--show REGEX] [--hide REGEX] NAME COMMAND [ARGUMENT…]
#
# --show  lines to print even when the step succeeds (a summary)
# --hide  lines to leave out when it fails (tests that passed)
# V=1     prints all output at once
# STEP_TIMES names a file that gets a line with the seconds and the name of each step
set -euo pipefail

show='' hide=''
while [[ ${1-} == --* ]]; do
    case $1 in
    --show) show=$2 ;;
    --hide) hide=$2 ;;
    *) echo "step.sh: unknown option $1" >&2 && exit 2 ;;
    esac
    shift 2
done
name=$1
shift

if [[ ${V-} == 1 ]]; then
    echo "$name: $*"
    exec "$@"
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
printf '%s … ' "$name"
SECONDS=0
status=0
"$@" >"$log" 2>&1 || status=$?

[[ -z ${STEP_TIMES-} ]] || printf '%d s %s\n' "$SECONDS" "$name" >>"$STEP_TIMES"

if ((status == 0)); then
    printf 'done, %d s\n' "$SECONDS"
    [[ -z $show ]] || grep -E -- "$show" "$log" || true
else
    printf 'failed after %d s (exit code %d)\n' "$SECONDS" "$status"
    if [[ -n $hide ]]; then grep -Ev -- "$hide" "$log" || true; else cat "$log"; fi
fi
exit "$status"
