#!/usr/bin/env bash
# `make bench-sdk-javascript`: measures Node workers of the SDK beside BullMQ's Python port on Redis, each with PROCESSES=2.
#
#   JOBS=20000 PEER_JOBS=5000 PROCESSES=2 scripts/bench-sdk-javascript.sh
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
"$repository/scripts/bootstrap.sh" nodejs

bullmq=3.4.4
processes=${PROCESSES:-2}
export LONGHAUL_BINARY=${LONGHAUL_BINARY:-$repository/.build/release/longhaul}
python=$repository/.run/bench-bullmq/bin/python
if ! "$python" -c "import importlib.metadata as m; assert m.version('bullmq') == '$bullmq'" 2>/dev/null; then
    mkdir -p "$repository/.run"
    python3 -m venv "$repository/.run/bench-bullmq"
    "$python" -m pip install -q --disable-pip-version-check "bullmq==$bullmq"
fi

folder=$(mktemp -d)
redis-server --port 0 --unixsocket "$folder/redis.sock" --save '' --appendonly no >/dev/null &
redis=$!
trap 'kill "$redis"; rm -rf "$folder"' EXIT
until redis-cli -s "$folder/redis.sock" ping >/dev/null 2>&1; do sleep 0.1; done

ours=$(node "$repository/Benchmarks/sdk-javascript/drain.js" --jobs "${JOBS:-20000}" --processes "$processes")
peer=$("$python" -B "$repository/Benchmarks/sdk-javascript/bullmq_peer.py" "unix://$folder/redis.sock" \
    --jobs "${PEER_JOBS:-5000}" --processes "$processes")
echo "longhaul, sqlite       $ours"
echo "bullmq $bullmq (Python)  $peer"
python3 - "$ours" "$peer" <<'PYTHON'
import json
import sys

ours, peer = (json.loads(text) for text in sys.argv[1:])
for step in ("submitted", "drained"):
    print(f"{step}: {ours[f'{step}_per_second'] / peer[f'{step}_per_second']:.1f} times BullMQ")
PYTHON
