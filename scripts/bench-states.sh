#!/usr/bin/env bash
# `make bench-states`: measures executions of state machines: transitions beside LocalStack's interpreter (transitions), Task states
# beside chains (tasks), the memory of executions that wait (callbacks), maps (maps), and starts beside submissions (starts).
#
#   ROUNDS=3 EXECUTIONS=5000 scripts/bench-states.sh [transitions|tasks|callbacks|maps|starts]…
#
# Rates depend on the machine and on its load: compare the ratios. The rounds of both sides alternate, and the best of each counts.
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/bench-servers.sh
source "$repository/scripts/bench-servers.sh"
bench=$repository/.build/release/longhaul-bench
longhaul=${LONGHAUL:-$repository/.build/release/longhaul}
states=$repository/Benchmarks/states
rounds=${ROUNDS:-3}
executions=${EXECUTIONS:-5000}
peer_executions=${PEER_EXECUTIONS:-300}
waiting=${WAITING:-10000}
connections=${CONNECTIONS:-32}
seconds=${SECONDS_A_RUN:-5}
wanted=("$@")
((${#wanted[@]} > 0)) || wanted=(transitions tasks callbacks maps starts)
lines=$server_folder/lines
mkdir "$lines"

# shows NAME COMMAND…: prints the command's line of JSON, and stores it for `best`.
shows() {
    local line
    line=$("${@:2}")
    printf '%-22s %s\n' "$1" "$line"
    printf '%s\n' "$line" >>"$lines/$1"
}

# best NAME FIELD: the greatest value of a field over the lines of a name.
best() { jq -s --arg name "$2" 'map(.[$name]) | max' "$lines/$1"; }

# ratio NAME A B: prints A / B.
ratio() { jq -nr --arg name "$1" --argjson a "$2" --argjson b "$3" '"\($name): \($a / $b * 100 | round / 100)"'; }

bench_transitions() {
    local python round
    python=$("$repository/scripts/localstack-venv.sh")
    needs_postgres
    echo "Executions of ten Pass and Choice states, durable, beside LocalStack's interpreter, which is not durable"
    for ((round = 0; round < rounds; round++)); do
        shows localstack "$python" -B "$states/localstack_peer.py" "$states/transitions.json" "$peer_executions" each
        shows localstack_parsed "$python" -B "$states/localstack_peer.py" "$states/transitions.json" \
            "$peer_executions" once
        shows sqlite "$bench" transitions "$executions" sqlite <"$states/transitions.json"
        shows postgres "$bench" transitions "$executions" "$(url "transitions_$round")" <"$states/transitions.json"
    done
    local name field=transitions_per_second
    for name in sqlite postgres; do
        ratio "$name, times LocalStack (target: at least 20)" "$(best $name $field)" "$(best localstack $field)"
        ratio "$name, times LocalStack with a parsed definition" \
            "$(best $name $field)" "$(best localstack_parsed $field)"
    done
}

bench_tasks() {
    needs_postgres
    echo "Executions of ten Task states beside chains of ten jobs (target: at least 0.7 of their rate)"
    shows tasks-sqlite "$bench" task-states "$((executions / 5))" "$rounds" sqlite
    shows tasks-postgres "$bench" task-states "$((executions / 5))" "$rounds" "$(url tasks)"
}

bench_callbacks() {
    needs_postgres
    echo "The growth of a server with $waiting executions that wait for callbacks (target: under 64 MiB)"
    shows callbacks-sqlite python3 -B "$states/callbacks.py" --executions "$waiting" --binary "$longhaul"
    shows callbacks-postgres python3 -B "$states/callbacks.py" --executions "$waiting" --binary "$longhaul" \
        --store "$(url callbacks)"
}

bench_maps() {
    local mode items
    echo "Maps: time and memory grow linearly with the items"
    for mode in inline distributed tasks; do
        for items in 1000 10000; do shows "$mode-$items" "$bench" map "$items" "$mode" sqlite; done
        ratio "$mode: time of 10,000 items and of 1,000" "$(best $mode-10000 seconds)" "$(best $mode-1000 seconds)"
        ratio "$mode: memory" "$(best $mode-10000 grown_mib)" "$(best $mode-1000 grown_mib)"
    done
}

# load SCRIPT PATH: one run of wrk; prints its result as a line of JSON.
load() {
    wrk -t 1 -c "$connections" -d "${seconds}s" -s "$repository/Benchmarks/http/$1.lua" "$server$2" | tail -n 1
}

bench_starts() {
    local round machine
    longhaul_start starts
    for round in executions bench; do
        curl -fsS -X PUT -H 'Content-Type: application/json' --data '{"max_depth": null}' "$server/v1/queues/$round" >/dev/null
    done
    machine=$(curl -fsS -H 'Content-Type: application/json' "$server/v1/state-machines" --data @- <<'JSON' | jq -er .arn
{"name": "starts", "definition": {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}}
JSON
    )
    echo "StartExecution beside POST /v1/jobs, $connections connections, $seconds s a run; the server runs the executions"
    for ((round = 0; round < rounds; round++)); do
        shows submit load submit /v1/jobs
        MACHINE=$machine shows start load start /
    done
    [[ $(jq -s 'map(.not_2xx + .socket_errors) | add' "$lines/start" "$lines/submit") == 0 ]]
    ratio "starts and submissions" "$(best start rate)" "$(best submit rate)"
    longhaul_stop
}

for name in "${wanted[@]}"; do
    echo "load before $name: $(cut -d ' ' -f 1-3 /proc/loadavg)"
    "bench_$name"
done
