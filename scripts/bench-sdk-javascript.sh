#!/usr/bin/env bash
# `make bench-sdk-javascript`: measures Node workers of the SDK beside BullMQ's Python port on Redis, each with PROCESSES=2.
#
#   JOBS=20000 PEER_JOBS=5000 PROCESSES=2 ROUNDS=3 scripts/bench-sdk-javascript.sh
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
"$repository/scripts/bootstrap.sh"

bullmq=3.4.4
processes=${PROCESSES:-2}
export LONGHAUL_BINARY=${LONGHAUL_BINARY:-$repository/.build/release/longhaul}
python=$("$repository/scripts/venv.sh" bench-bullmq "bullmq==$bullmq")/bin/python

folder=$(mktemp -d)
redis-server --port 0 --unixsocket "$folder/redis.sock" --save '' --appendonly no >/dev/null &
redis=$!
trap 'kill "$redis" 2>/dev/null || true; wait "$redis" || true; rm -rf "$folder"' EXIT
until redis-cli -s "$folder/redis.sock" ping >/dev/null 2>&1; do sleep 0.1; done

# Rounds of both alternate, so that both meet the same machine.
for ((round = 0; round < ${ROUNDS:-3}; round++)); do
    node "$repository/Benchmarks/sdk-javascript/drain.js" --jobs "${JOBS:-20000}" --processes "$processes" |
        tee -a "$folder/ours" | sed 's/^/longhaul, sqlite       /'
    "$python" -B "$repository/Benchmarks/sdk-javascript/bullmq_peer.py" "unix://$folder/redis.sock" \
        --jobs "${PEER_JOBS:-5000}" --processes "$processes" | tee -a "$folder/peer" | sed "s/^/bullmq $bullmq, Python   /"
done
python3 - "$folder/ours" "$folder/peer" <<'PYTHON'
import json
import statistics
import sys

rounds = [[json.loads(line) for line in open(path, encoding="utf-8")] for path in sys.argv[1:]]
for step in ("submitted", "drained"):
    ours, peer = (statistics.median(run[f"{step}_per_second"] for run in runs) for runs in rounds)
    print(f"{step}: {ours:,.0f} and {peer:,.0f} jobs/s, {ours / peer:.1f} times BullMQ")
PYTHON
