#!/usr/bin/env bash
# Soaks the release binary on SQLite and on PostgreSQL at once. Each load lasts SECONDS, and the final checks take about a
# minute more.
#
#   scripts/soak.sh [SECONDS]    100 without an argument
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=${1:-100}
folder=$(mktemp -d)
declare -A processes=()
# Background processes ignore Ctrl-C.
end() {
    kill "${processes[@]}" 2>/dev/null || true
    wait || true
    rm -rf "$folder"
}
trap end EXIT
trap 'exit 130' INT TERM
for store in sqlite postgres; do
    /usr/bin/python3 -B Tests/Soak/soak.py --seconds "$seconds" --store "$store" --rate 40 >"$folder/$store" 2>&1 &
    processes[$store]=$!
done
status=0
for store in sqlite postgres; do
    wait "${processes[$store]}" || status=1
    cat "$folder/$store"
done
[[ $status == 0 ]]
