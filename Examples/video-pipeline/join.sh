#!/usr/bin/env bash
# Joins encoded pieces. The payload: {"pieces": ["/absolute/1.mkv", …], "output": "/absolute/video.mp4"}
set -euo pipefail

job=$(cat)
output=$(jq -er .payload.output <<<"$job")
list=$TMPDIR/pieces.txt
jq -er '.payload.pieces[] | "file '\''\(.)'\''"' <<<"$job" >"$list"
ffmpeg -nostdin -v error -y -protocol_whitelist file -f concat -safe 0 -i "$list" -c copy -movflags +faststart "$output"
jq -n --arg file "$output" '{$file}' >"$LONGHAUL_RESULT"
