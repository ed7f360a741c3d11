#!/usr/bin/env bash
# `make schema`: sends generated requests for two minutes and compares the answers with the OpenAPI document.
#
#   scripts/schemathesis.sh [OPTION…]    further options of schemathesis, such as --seed 1
# SCHEMA_SECONDS sets another duration.
#
# schemathesis is installed from PyPI into .run/schema once; if that fails, the check fails. Event streams are left out,
# because they do not end. Tests/Schema has the rules that the document cannot express.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

binary=${LONGHAUL_BINARY:-$PWD/.build/release/longhaul}
tool=$(scripts/venv.sh schema schemathesis==4.32.5) || {
    echo "schema: the document was not checked" >&2
    exit 1
}

folder=$(mktemp -d)
server=
stop() {
    if [[ -n $server ]]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$folder"
}
trap stop EXIT

"$binary" serve --listen 127.0.0.1:0 --store "sqlite:$folder/longhaul.db" --artifacts "file:$folder/artifacts" \
    --webhook-secret whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA --webhook-allow 127.0.0.1 \
    >"$folder/address" 2>"$folder/log" &
server=$!
until [[ -s $folder/address ]]; do
    if ! kill -0 "$server" 2>/dev/null; then
        cat "$folder/log" >&2
        exit 1
    fi
    sleep 0.1
done
url=$(sed -n 's/.*"listening": *"\([^"]*\)".*/\1/p' "$folder/address")
key=$("$binary" keys create schema --scopes admin --server "$url" 2>/dev/null)

# The calls must not end the key with which they are made.
SCHEMA_KEY_ID=$(grep -oE '[0-9a-f]{16}' <<<"$key" | head -n 1)
export SCHEMA_KEY_ID
export SCHEMATHESIS_HOOKS=$PWD/Tests/Schema/hooks.py PYTHONDONTWRITEBYTECODE=1
config=$PWD/Tests/Schema/schemathesis.toml
cd "$folder"
"$tool/bin/schemathesis" --config-file "$config" run "$url/openapi.json" --checks all --no-color --header "Authorization: Bearer $key" \
    --exclude-operation-id allEvents --exclude-operation-id jobEvents \
    --max-time "${SCHEMA_SECONDS:-120}" --request-timeout 30 "$@"
