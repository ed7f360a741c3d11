#!/bin/sh
# The work of one job: handler.sh SLEEP FAILURES FILE
# Sleeps, fails in its first FAILURES attempts, creates an artifact if FILE is yes, and then records in the file
# $TORTURE_LEDGER, outside the system, that it has finished.
set -eu
sleep "$1"
[ "$LONGHAUL_ATTEMPT" -gt "$2" ] || exit 1
[ "$3" = no ] || printf '%s' "$LONGHAUL_JOB_ID" >"$LONGHAUL_ARTIFACTS/id.txt"
printf '{"attempt": %s}' "$LONGHAUL_ATTEMPT" >"$LONGHAUL_RESULT"
echo "$LONGHAUL_JOB_ID $LONGHAUL_ATTEMPT" >>"$TORTURE_LEDGER"
