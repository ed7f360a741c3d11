#!/usr/bin/env bash
# `make bench-durable`: measures durable jobs: steps a second beside raw SQLite (steps) and beside DBOS on one PostgreSQL server
# (dbos), the cost of suspended jobs (suspended), timers that are due together (timers), and the time in which a job with a
# long journal continues (resume). `scripts/bench-durable.sh all` runs every benchmark.
#
#   PROCESSES=5000 SLOTS=64 ROUNDS=3 scripts/bench-durable.sh [all|steps|dbos|suspended|suspended-postgres|timers|resume]…
#
# Rates depend on the machine and on its load: compare the ratios. The rounds of both sides alternate.
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/bench-servers.sh
source "$repository/scripts/bench-servers.sh"
bench=$repository/.build/release/longhaul-bench
longhaul=${LONGHAUL:-$repository/.build/release/longhaul}
processes=${PROCESSES:-5000}
peer_processes=${PEER_PROCESSES:-400}
slots=${SLOTS:-64}
rounds=${ROUNDS:-3}
suspended=${SUSPENDED:-100000}
ordinary=${ORDINARY:-20000}
timers=${TIMERS:-10000}
operations=${OPERATIONS:-1000}
resumes=${RESUMES:-200}
dbos=3.1.0
wanted=("$@")
((${#wanted[@]} > 0)) || wanted=(steps dbos suspended timers resume)
[[ ${wanted[*]} != all ]] || wanted=(timers resume suspended suspended-postgres steps dbos)
lines=$server_folder/lines

# shows NAME COMMAND…: prints the command's line of JSON, and stores it for `median`.
shows() {
    local line
    line=$("${@:2}")
    printf '%-26s %s\n' "$1" "$line"
    mkdir -p "$lines"
    printf '%s\n' "$line" >>"$lines/$1"
}

# median NAME FIELD: the median of a field over the lines of a name.
median() { jq -s --arg name "$2" 'map(.[$name]) | sort | .[length / 2 | floor]' "$lines/$1"; }

# ratio NAME A B: prints A / B.
ratio() { jq -nr --arg name "$1" --argjson a "$2" --argjson b "$3" '"\($name): \($a / $b * 1000 | round / 1000)"'; }

# resident PROCESS: its resident memory, in MiB.
resident() { awk '/^VmRSS/ {printf "%.1f", $2 / 1024}' "/proc/$1/status"; }

bench_steps() {
    echo "SQLite: processes of ten steps, embedded, $slots at once, beside a C loop with one commit for each step"
    for ((round = 0; round < rounds; round++)); do
        shows steps "$bench" steps-raw "$processes" "$slots"
    done
    echo "ratio: $(median steps ratio) (target: at least 0.25); with 128 steps in a commit: $(median steps grouped_ratio)"
}

bench_dbos() {
    local python round mode name best=0 address
    python=$("$repository/scripts/venv.sh" bench-dbos "dbos==$dbos")/bin/python
    needs_postgres
    echo "PostgreSQL: processes of ten steps, $slots at once, beside DBOS $dbos"
    for ((round = 0; round < rounds; round++)); do
        for mode in 'threads 1' 'tasks 1' 'threads 2' 'tasks 2'; do
            name=dbos_${mode/ /_}
            sql postgres -c "CREATE DATABASE ${name}_$round"
            # shellcheck disable=SC2086 # two arguments
            shows "$name" "$python" -B -W ignore "$repository/Benchmarks/durable/dbos_peer.py" "$folder" \
                "${name}_$round" "$peer_processes" "$slots" $mode
        done
        shows longhaul_embedded "$bench" steps "$processes" "$slots" "$(url "steps_$round")"
        address=$(url "served_$round")
        longhaul_start "served_$round" "$address"
        shows longhaul_server "$bench" steps "$((processes / 2))" "$slots" "$server"
        longhaul_stop
    done
    for mode in threads_1 tasks_1 threads_2 tasks_2; do
        best=$(jq -n --argjson a "$best" --argjson b "$(median "dbos_$mode" steps_per_second)" '[$a, $b] | max')
    done
    echo "the best of DBOS: $best steps a second"
    ratio "embedded (target: at least 5)" "$(median longhaul_embedded steps_per_second)" "$best"
    ratio "through the server" "$(median longhaul_server steps_per_second)" "$best"
}

# processor PROCESS: the processor time that it has used, in seconds.
processor() { awk -v rate="$(getconf CLK_TCK)" '{printf "%.2f", ($14 + $15) / rate}' "/proc/$1/stat"; }

# ordinary_round NAME SERVER PROCESS: runs no-op jobs. Prints and stores their rate and the server's processor time.
ordinary_round() {
    local before line
    before=$(processor "$3")
    line=$("$bench" ordinary "$ordinary" "$2")
    # shellcheck disable=SC2016 # the $… are the variables of jq
    shows "$1" jq -nc --argjson line "$line" --argjson before "$before" --argjson after "$(processor "$3")" \
        '$line + {server_seconds: (($after - $before) * 100 | round / 100)}'
}

# suspends STORE: compares a server with suspended jobs with an empty one, and with one with delayed jobs.
suspends() {
    local round name address
    local -A servers=() processes=()
    for name in without with delayed; do
        address=
        [[ $1 != postgres ]] || address=$(url "suspended_$name")
        longhaul_start "$name-$1" "$address"
        servers[$name]=$server processes[$name]=$process
        # All have run jobs before, so that the difference is that of the stored jobs.
        "$bench" ordinary "$ordinary" "$server" >/dev/null
    done
    echo "resident: $(resident "${processes[with]}") MiB before"
    shows "waiting-$1" "$bench" waiting "$suspended" "${servers[with]}"
    shows "delay-$1" "$bench" delayed "$suspended" "${servers[delayed]}"
    for ((round = 0; round < rounds; round++)); do
        for name in without with delayed; do
            ordinary_round "$name-$1" "${servers[$name]}" "${processes[$name]}"
        done
    done
    echo "resident: $(resident "${processes[without]}") MiB without, $(resident "${processes[with]}") MiB with" \
        "(target: under 64 MiB more), $(resident "${processes[delayed]}") MiB with delayed jobs"
    for name in with delayed; do
        ratio "$name and without: jobs a second" \
            "$(median "$name-$1" jobs_per_second)" "$(median "without-$1" jobs_per_second)"
        ratio "$name and without: processor time of the server" \
            "$(median "$name-$1" server_seconds)" "$(median "without-$1" server_seconds)"
    done
    longhaul_stop
}

bench_suspended() {
    echo "SQLite: $ordinary no-op jobs through the server, with $suspended suspended jobs and without"
    suspends sqlite
}

bench_suspended_postgres() {
    needs_postgres
    echo "PostgreSQL: $ordinary no-op jobs through the server, with $suspended suspended jobs and without"
    suspends postgres
}

bench_timers() {
    needs_postgres
    echo "$timers timers due in one second (target: the last job continues within 3 s)"
    shows timers-sqlite "$bench" timers "$timers" sqlite
    shows timers-postgres "$bench" timers "$timers" "$(url timers)"
    longhaul_start timers
    shows timers-server-sqlite "$bench" timers "$timers" "$server"
    longhaul_stop
    longhaul_start timers-postgres "$(url timers_server)"
    shows timers-server-postgres "$bench" timers "$timers" "$server"
    longhaul_stop
}

bench_resume() {
    needs_postgres
    echo "From the signal to the next step of a job with $operations operations (target: under 20 ms)"
    shows resume-sqlite "$bench" resume "$operations" "$resumes" sqlite
    shows resume-postgres "$bench" resume "$operations" "$resumes" "$(url resume)"
    longhaul_start resume
    shows resume-server-sqlite "$bench" resume "$operations" "$resumes" "$server"
    longhaul_stop
    longhaul_start resume-postgres "$(url resume_server)"
    shows resume-server-postgres "$bench" resume "$operations" "$resumes" "$server"
    longhaul_stop
}

for name in "${wanted[@]}"; do
    echo "load before $name: $(cut -d ' ' -f 1-3 /proc/loadavg)"
    "bench_${name//-/_}"
done
