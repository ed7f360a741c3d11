#!/usr/bin/env bash
# Runs a monthly report with months of a second, and stops and starts the worker between two months.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$here/../lib.sh"

start "$here/handlers.json5" unused=1 "$repository/.run/monthly-report"
export REPORT_FOLDER=$results

# start_worker: starts the worker of the report. Sets `worker`.
start_worker() {
    setsid "${EXAMPLE_WORKER:-$repository/.build/release/example-worker}" >>"$work/worker.log" 2>&1 </dev/null &
    worker=$!
    background+=("$worker")
}

heading "Four months of one second; the worker is stopped after the first"
start_worker
id=$(submit report.monthly '{"month": 0, "seconds": 1, "last": 3}' --queue reports)
until [[ -e $results/report-0.txt ]]; do sleep 0.05; done
kill -TERM "$worker"
wait "$worker" || true
check "state without a worker" "$(job "$id" | jq -r '.state | IN("suspended", "pending")')" true
start_worker
follow "$id"
check "state" "$(state)" completed
check "result" "$(jq -r .result <<<"$ended")" report-3.txt
check "reports" "$(find "$results" -name 'report-*.txt' | wc -l)" 4
check "the last report" "$(head -n 1 "$results/report-3.txt")" "Month 3: sales 400, visits 2800"
check "operations in the journal of the last month" "$(curl -fsS "$server/v1/jobs/$id/journal" | jq ".items | length")" 6

finish
