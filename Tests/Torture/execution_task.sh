#!/bin/sh
# A function of the torture of executions: execution_task.sh NAME STEP SLEEP TOKEN
# It records its run outside the system, before anything else: the execution, the step, and the job. It records the task token, if
# there is one, for the client that reports on the task.
set -eu
echo "$1 $2 $LONGHAUL_JOB_ID" >>"$TORTURE_EFFECTS"
[ -z "$4" ] || echo "$1 $2 $4" >>"$TORTURE_TOKENS"
sleep "$3"
printf '"%s:%s"' "$1" "$2" >"$LONGHAUL_RESULT"
