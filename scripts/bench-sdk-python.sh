#!/usr/bin/env bash
# Measures the drain of no-op jobs over HTTP by two worker processes of the Python SDK, beside Celery on Redis with two prefork
# processes. Rounds of both alternate, and the ratio is that of the medians.
#
#   JOBS=20000 PEER_JOBS=10000 ROUNDS=3 scripts/bench-sdk-python.sh
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/bench-servers.sh
source "$repository/scripts/bench-servers.sh"
celery=5.5.3
binary=${LONGHAUL_BINARY:-$repository/.build/release/longhaul}

"$repository/scripts/bootstrap.sh" >&2
python=$("$repository/scripts/venv.sh" bench-celery "celery[redis]==$celery")/bin/python
redis_start
lines=()
for ((round = 0; round < ${ROUNDS:-3}; round++)); do
    line=$("$python" -B -W ignore "$repository/Benchmarks/brokers/celery_peer.py" "$redis" "${PEER_JOBS:-10000}")
    printf 'celery    %s\n' "$line"
    lines+=("celery $line")
    line=$("$python" -B "$repository/Benchmarks/sdk/python_drain.py" "$binary" "${JOBS:-20000}" 2 4)
    printf 'longhaul  %s\n' "$line"
    lines+=("longhaul $line")
done
python3 - "${lines[@]}" <<'PYTHON'
import collections
import json
import statistics
import sys

rates = collections.defaultdict(list)
for line in sys.argv[1:]:
    name, text = line.split(" ", 1)
    rates[name].append(json.loads(text)["drained_per_second"])
medians = {name: statistics.median(values) for name, values in rates.items()}
print(f"drained per second: {medians}, longhaul / celery: {medians['longhaul'] / medians['celery']:.1f}")
PYTHON
