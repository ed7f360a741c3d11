#!/usr/bin/env bash
# `make bench`: measures the main functions, each figure beside its reference in the same run, and compares it with a
# target.
#
#   SECONDS_A_RUN=10 CONNECTIONS=64 JOBS=100000 DEPTH=1000000 scripts/bench.sh [submit|drain|idle|depth|memory]…
#
# Rates depend on the machine and on its load, and the load generator runs on the same cores: compare the ratios.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../Examples/lib.sh
source "$here/../Examples/lib.sh"

seconds_a_run=${SECONDS_A_RUN:-10}
connections=${CONNECTIONS:-64}
jobs=${JOBS:-100000}
depth=${DEPTH:-1000000}
wanted=("$@")
((${#wanted[@]} > 0)) || wanted=(submit drain idle depth memory)
bench=$repository/.build/release/longhaul-bench
folder=$repository/.run/bench
handlers=$repository/.run/bench-handlers.json5
mkdir -p "$folder"
cat >"$handlers" <<'JSON5'
{ handlers: { "bench.never": { command: ["true"], queue: "bench-never" } } }
JSON5

# field NAME JSON: a number of a result.
field() { jq -r --arg name "$1" '.[$name]' <<<"$2"; }

# median FILE FIELD: the median of a field over the lines of a file.
median() { jq -s --arg name "$2" 'map(.[$name]) | sort | .[length / 2 | floor]' "$1"; }

# target RATIO MINIMUM: prints a ratio with its target, and whether it is below.
target() {
    say "ratio            $1 (target: at least $2$(jq -nr --argjson ratio "$1" --argjson minimum "$2" \
        'if $ratio < $minimum then "; BELOW" else "" end'))"
}

# remove_bound QUEUE: removes the bound of a queue, so that no submission is refused.
remove_bound() {
    curl -fsS -X PUT -H 'Content-Type: application/json' --data '{"max_depth": null}' \
        "$server/v1/queues/$1" >/dev/null || die "The queue's depth could not be set."
}

# load SCRIPT PATH: one run of wrk; prints its result as a line of JSON.
load() {
    wrk -t 1 -c "$connections" -d "${seconds_a_run}s" -s "$repository/Benchmarks/http/$1.lua" "$server$2" |
        tail -n 1
}

# Durable submissions over HTTP, alternating with a route of the same server that stores nothing.
bench_submit() {
    heading "Submitting: $connections connections, one durable job per request, 3 rounds of $seconds_a_run s"
    start "$handlers" bench-never=1 "$folder/submit"
    remove_bound bench
    for _ in 1 2 3; do
        load nothing /healthz >>"$work/nothing.jsonl"
        load submit /v1/jobs >>"$work/submit.jsonl"
    done
    [[ $(jq -s 'map(.not_2xx + .socket_errors) | add' "$work/submit.jsonl") == 0 ]] ||
        die "Submissions were refused."
    local nothing submitted
    nothing=$(median "$work/nothing.jsonl" rate)
    submitted=$(median "$work/submit.jsonl" rate)
    say "stores nothing   $nothing requests a second"
    say "stores a job     $submitted jobs a second, p50 $(median "$work/submit.jsonl" p50_ms) ms, p99 $(median "$work/submit.jsonl" p99_ms) ms"
    target "$(jq -n --argjson a "$submitted" --argjson b "$nothing" '$a / $b * 1000 | round / 1000')" 0.25
}

# No-op jobs in one process, beside a C program on SQLite.
bench_drain() {
    heading "Draining: $jobs no-op jobs, embedded, every step durable, 3 rounds"
    local lines=$folder/drain.jsonl
    for _ in 1 2 3; do "$bench" drain "$jobs"; done >"$lines"
    say "C on SQLite      $(median "$lines" raw_per_second) jobs a second through insert, claim, complete with 128 per commit"
    say "Longhaul         $(median "$lines" drained_per_second) jobs a second claimed, run and completed"
    target "$(median "$lines" drained_ratio)" 0.25
    say "with submission  $(median "$lines" whole_per_second) jobs a second, ratio $(median "$lines" whole_ratio)"
}

bench_idle() {
    heading "Latency from the submission to the handler on an idle system"
    local line
    line=$("$bench" idle 500)
    say "p50              $(field p50_ms "$line") ms (target: under 5)"
    say "p99              $(field p99_ms "$line") ms (target: under 25)"
}

bench_depth() {
    heading "Claiming with $depth jobs pending, beside 1,000"
    local line
    line=$("$bench" depth "$depth")
    say "1,000            $(field shallow_claims_per_second "$line") claims a second"
    say "$depth        $(field deep_claims_per_second "$line") claims a second"
    target "$(field ratio "$line")" 0.8
    say "ten priorities   $(field mixed_deep_claims_per_second "$line") of $(field mixed_shallow_claims_per_second "$line") claims a second"
    target "$(field mixed_ratio "$line")" 0.8
}

# The memory of `longhaul up` with a deep queue, including its submission and reads.
bench_memory() {
    heading "Memory of longhaul up with $depth jobs pending"
    start "$handlers" bench-never=1 "$folder/memory"
    remove_bound bench
    jq -nc '{jobs: [range(1000) | {kind: "bench.noop", queue: "bench", payload: {n: .}}]}' >"$work/batch.json"
    for ((left = depth; left > 0; left -= 1000)); do printf 'url = "%s/v1/jobs/batch"\n' "$server"; done >"$work/urls"
    curl -fsS -H 'Content-Type: application/json' --data "@$work/batch.json" -K "$work/urls" >/dev/null ||
        die "A batch was refused."
    for _ in $(seq 20); do curl -fsS "$server/v1/jobs?limit=500" "$server/v1/queues" >/dev/null; done
    say "pending          $(curl -fsS "$server/v1/queues/bench" | jq .depth)"
    say "resident         $(awk '/^VmHWM/ {print int($2 / 1024)}' "/proc/${background[0]}/status") MiB maximum (target: under 256)"
}

for name in "${wanted[@]}"; do
    declare -F "bench_$name" >/dev/null || die "There is no benchmark $name."
    # In a subshell, because a server ends with the shell that started it.
    ("bench_$name")
done
