#!/usr/bin/env bash
# `make bench-postgres`: measures Longhaul over PostgreSQL beside awa-pg and Procrastinate (drain), beside a plain table
# while an old transaction is open (old), at a fixed rate while one is open (paced), and over a full store beside an empty
# one (full). All use one server with the same settings, and every commit is durable.
#
#   JOBS=50000 ROUNDS=2000 scripts/bench-postgres.sh [drain|old]…
#   SECONDS=600 RATE=1000 scripts/bench-postgres.sh paced
#   PENDING=1000000 FINISHED=5000000 scripts/bench-postgres.sh full
# In bash, SECONDS counts up from 0, or from the value in the environment.
length=$((SECONDS > 0 ? SECONDS : 600))
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/bench-servers.sh
source "$repository/scripts/bench-servers.sh"
peers=$repository/Benchmarks/postgres
bench=$repository/.build/release/longhaul-bench
jobs=${JOBS:-50000}
rounds=${ROUNDS:-2000}
slots=${SLOTS:-256}
rate=${RATE:-1000}
pending=${PENDING:-1000000}
finished=${FINISHED:-5000000}
wanted=("$@")
((${#wanted[@]} > 0)) || wanted=(drain old)

# peers_ready: installs the peers into a virtual environment.
peers_ready() {
    python=$("$repository/scripts/venv.sh" bench-peers awa-pg==0.6.9 procrastinate==3.10.0 'psycopg[binary,pool]')/bin/python
}

bench_drain() {
    peers_ready
    echo "Draining $jobs no-op jobs, submitted in batches of a thousand"
    printf 'longhaul       %s\n' "$("$bench" pg-drain "$jobs" "$(url longhaul)")"
    printf 'awa-pg 0.6.9   %s\n' "$("$python" "$peers/awa_peer.py" "$(url awa)" "$jobs" "$slots")"
    printf 'procrastinate  %s\n' \
        "$("$python" "$peers/procrastinate_peer.py" "$(url procrastinate)" "$((jobs / 20))" "$slots" 2>/dev/null)"
}

# hold DATABASE SQL: keeps a transaction open that has run a query.
hold() {
    sql "$1" -c "BEGIN ISOLATION LEVEL REPEATABLE READ; $2; SELECT pg_sleep(86400)" >/dev/null 2>&1 &
    old=$!
    until [[ $(sql postgres -c "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'BEGIN ISO%pg_sleep%' \
        AND datname = '$1'") == 1 ]]; do :; done
}

let_go() {
    sql postgres -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'BEGIN ISO%'" \
        >/dev/null
    wait "$old" 2>/dev/null || true
}

bench_old() {
    local place
    echo "$((rounds * 100)) jobs, in batches of a hundred, while a REPEATABLE READ transaction is open"
    place=$(url old_longhaul)
    "$bench" pg-age 10 "$place" >/dev/null
    hold old_longhaul 'SELECT count(*) FROM longhaul.jobs'
    printf 'longhaul       %s\n' "$("$bench" pg-age "$rounds" "$place")"
    let_go
    url old_plain >/dev/null
    hold old_plain 'SELECT count(*) FROM pg_class'
    printf 'one table      %s\n' "$(sql old_plain -v rounds="$rounds" -f "$peers/plain.sql")"
    let_go
}

bench_paced() {
    local place
    echo "$rate jobs a second for $length s, in batches of a hundred, while a REPEATABLE READ transaction is open"
    place=$(url paced)
    "$bench" pg-age 10 "$place" >/dev/null
    hold paced 'SELECT count(*) FROM longhaul.jobs'
    printf 'longhaul       %s\n' "$("$bench" pg-pace "$length" "$place" "$rate")"
    let_go
}

bench_full() {
    local place
    echo "$jobs jobs claimed and completed, in batches of a hundred"
    place=$(url filled)
    printf 'empty          %s\n' "$("$bench" pg-work "$jobs" "$place" 0)"
    sql filled -v finished="$finished" -f "$peers/finished.sql"
    sql filled -c 'VACUUM ANALYZE' -c 'CHECKPOINT'
    printf 'full           %s\n' "$("$bench" pg-work "$jobs" "$place" "$pending")"
    sql filled -F ' ' -c "SELECT 'stored        ', count(*) FILTER (WHERE state = 2), 'pending,',
        count(*) FILTER (WHERE state = 5), 'completed' FROM longhaul.jobs"
}

postgres_start
for name in "${wanted[@]}"; do "bench_$name"; done
