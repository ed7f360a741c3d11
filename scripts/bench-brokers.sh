#!/usr/bin/env bash
# `make bench-brokers`: measures Longhaul with Redis, RabbitMQ and Kafka as the queue, over SQLite and over PostgreSQL, beside
# Celery on the same broker; for Kafka, which Celery cannot use, on Redis. The script starts every server.
#
#   JOBS=20000 PEER_JOBS=10000 scripts/bench-brokers.sh [redis|rabbit|kafka]…
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/bench-servers.sh
source "$repository/scripts/bench-servers.sh"
bench=$repository/.build/release/longhaul-bench
jobs=${JOBS:-20000}
peer_jobs=${PEER_JOBS:-10000}
celery=5.5.3
wanted=("$@")
((${#wanted[@]} > 0)) || wanted=(redis rabbit kafka)

# shows NAME COMMAND…: prints the command's line of JSON, and stores it for the ratios.
shows() {
    local name=$1 line
    line=$("${@:2}")
    printf '%-22s %s\n' "$name" "$line"
    results+=("$name=$line")
}

# compares: prints the ratios of Longhaul to Celery from the same run.
compares() {
    python3 - "${results[@]}" <<'PYTHON'
import json
import sys

results = dict(argument.split("=", 1) for argument in sys.argv[1:])
peer = json.loads(results.pop("celery"))
for name, text in results.items():
    ours = json.loads(text)
    steps = ("submitted", "drained", "whole")
    ratios = [f"{step} {ours[f'{step}_per_second'] / peer[f'{step}_per_second']:.1f}" for step in steps]
    print(f"{name} / celery: " + ", ".join(ratios))
PYTHON
}

# against NAME BROKER-URL [PEER-URL [OPTIONS]]: measures both, Celery on the broker of its own if that is given.
against() {
    echo "$1: $jobs no-op jobs through Longhaul, $peer_jobs through Celery $celery with two prefork processes"
    local store
    results=()
    shows celery "$python" -B -W ignore "$repository/Benchmarks/brokers/celery_peer.py" "${3:-$2}" "$peer_jobs"
    shows 'longhaul, sqlite' "$bench" broker-drain "$jobs" "$2?prefix=sqlite${4:+&group=sqlite$4}"
    store=$(url "$1")
    shows 'longhaul, postgres' "$bench" broker-drain "$jobs" "$2?prefix=postgres${4:+&group=postgres$4}" "$store"
    compares
}

bench_redis() {
    redis_start
    against redis "$redis"
    redis_stop
}

bench_rabbit() {
    rabbit_start
    against rabbit "$rabbit"
    rabbit_stop
}

bench_kafka() {
    redis_start
    kafka_start
    # Tansu answers a new member of a group after half of the session timeout.
    against kafka "$kafka" "$redis" '&session=6'
    kafka_stop
    redis_stop
}

python=$("$repository/scripts/venv.sh" bench-celery "celery[redis]==$celery")/bin/python
postgres_start
for name in "${wanted[@]}"; do "bench_$name"; done
