#!/bin/sh
# The work of one job: handler.sh SLEEP FAILURES FILE
# Sleeps, fails in its first FAILURES attempts, creates an artifact if FILE is yes, and a large one if it is a number of bytes.
# Then it records in the file $TORTURE_LEDGER, outside the system, that it has finished.
set -eu
sleep "$1"
[ "$LONGHAUL_ATTEMPT" -gt "$2" ] || exit 1
case $3 in
no) ;;
yes) printf '%s' "$LONGHAUL_JOB_ID" >"$LONGHAUL_ARTIFACTS/id.txt" ;;
*) yes "$LONGHAUL_JOB_ID" | head -c "$3" >"$LONGHAUL_ARTIFACTS/large.txt" ;;
esac
printf '{"attempt": %s}' "$LONGHAUL_ATTEMPT" >"$LONGHAUL_RESULT"
echo "$LONGHAUL_JOB_ID $LONGHAUL_ATTEMPT" >>"$TORTURE_LEDGER"
