#!/usr/bin/env bash
# Encodes one piece of a video. The payload: {"source": "/absolute/piece.mkv", "height": 144}
set -euo pipefail

job=$(cat)
source=$(jq -er .payload.source <<<"$job")
height=$(jq -er '.payload.height | select(type == "number" and . == floor and . >= 16 and . % 2 == 0)' <<<"$job") || {
    echo "the height must be even, and at least 16" >&2
    exit 65
}
output=${source%.mkv}-${height}p.mkv
ffmpeg -nostdin -v error -y -protocol_whitelist file -i "file:$source" -vf "scale=-2:$height" -c:v libx264 \
    -preset veryfast -pix_fmt yuv420p -c:a aac "$output"
jq -n --arg file "$output" '{$file}' >"$LONGHAUL_RESULT"
