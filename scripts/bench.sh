#!/usr/bin/env bash
# `make bench`: how many jobs a second the server accepts (each durable before its answer) and how many it
# finishes, with SQLite on this machine. wrk runs on the same cores, so the figures are a lower bound.
#
#   SECONDS_A_RUN=10 CONNECTIONS=64 JOBS=2000 scripts/bench.sh
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../Examples/lib.sh
source "$here/../Examples/lib.sh"

seconds=${SECONDS_A_RUN:-10}
connections=${CONNECTIONS:-64}
jobs=${JOBS:-2000}

mkdir -p "$repository/.run"
handlers=$repository/.run/bench-handlers.json5
cat >"$handlers" <<'JSON5'
{ handlers: { "bench.true": { command: ["true"], queue: "bench-run", concurrency: 4, timeout_seconds: 30 } } }
JSON5
start "$handlers" bench-run=4 "$repository/.run/bench"

# peak_memory: prints the most that the server has had resident so far, in MB.
peak_memory() {
    sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/${background[0]}/status" |
        awk '{print int($1 / 1024)}'
}

# No bound on the depth: what is measured is accepting, not refusing.
for queue in bench-accept bench-run; do
    curl -fsS -X PUT -H 'Content-Type: application/json' --data '{"max_depth": 100000000}' \
        "$server/v1/queues/$queue" >/dev/null || die "The queue's depth could not be set."
done

heading "Accepting: $connections connections, $seconds s"
cat >"$work/submit.lua" <<'LUA'
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"kind": "bench.accept", "queue": "bench-accept", "payload": {"source": "https://example.org/a.png", "width": 640}}'
function done(summary, latency)
    local faults = summary.errors
    io.write(string.format("  accepted    %.0f jobs a second, p50 %.1f ms, p99 %.1f ms\n",
        (summary.requests - faults.status) / summary.duration * 1e6,
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
    io.write(string.format("  faults      %d refused, %d of the connection\n",
        faults.status, faults.connect + faults.read + faults.write + faults.timeout))
end
LUA
wrk -t 1 -c "$connections" -d "${seconds}s" -s "$work/submit.lua" "$server/v1/jobs" | tail -n 2
say "memory      $(peak_memory) MB at most"

heading "Finishing: $jobs jobs, each a program run by the worker, four at a time"
: >"$work/ids"
for ((left = jobs; left > 0; left -= 1000)); do
    jq -n --argjson count "$((left < 1000 ? left : 1000))" \
        '{jobs: [range($count) | {kind: "bench.true", queue: "bench-run", payload: .}]}' >"$work/batch.json"
    curl -fsS -H 'Content-Type: application/json' --data "@$work/batch.json" "$server/v1/jobs/batch" |
        jq -r '.jobs[].job.id' >>"$work/ids" || die "A batch was refused."
done
# Asks for each job until it has ended, over one connection.
sed "s|.*|url = \"$server/v1/jobs/&?wait_seconds=60\"|" "$work/ids" >"$work/waits"
curl -fsS -K "$work/waits" | jq -rs '
    def second: (.[0:19] + "Z" | fromdate) + ("0" + .[19:23] | tonumber);
    def ms: . * 1000 | round;
    def percentile($p): sort | .[(length - 1) * $p / 100 | floor];
    map(select(.state == "completed")) as $done
    | (($done | map(.finished_at | second) | max) - (map(.created_at | second) | min)) as $taken
    | [$done[] | (.finished_at | second) - (.started_at | second)] as $runs
    | "  finished    \($done | length) of \(length), \($done | length / $taken | round) jobs a second",
      "  run         p50 \($runs | percentile(50) | ms) ms, p99 \($runs | percentile(99) | ms) ms"'
say "memory      $(peak_memory) MB at most"
