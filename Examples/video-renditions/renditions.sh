#!/usr/bin/env bash
# Encodes a video at several heights (H.264 and AAC in MP4) and takes a poster frame.
#
# Reads the job from standard input. Its payload: {"source": "/absolute/path.mov", "renditions": [720, 240]}
set -euo pipefail

bad_input() {
    echo "bad input: $*" >&2
    exit 65
}

job=$(cat)
jq -e '.payload | type == "object" and (keys - ["source", "renditions"] == [])
    and (.source | type == "string") and (.renditions | type == "array")
    and (.renditions | length | . >= 1 and . <= 10)
    and all(.renditions[]; type == "number" and . == floor and . >= 16 and . <= 4320 and . % 2 == 0)' \
    <<<"$job" >/dev/null ||
    bad_input 'the payload is {"source": "…", "renditions": [1 to 10 even heights from 16 to 4320]}'
source=$(jq -r .payload.source <<<"$job")
mapfile -t heights < <(jq -r '.payload.renditions | unique | reverse | .[]' <<<"$job")
[[ $source == /* && -f $source && -r $source ]] || bad_input "no readable file at $source"

# Allows local files only, because a playlist in a file can make ffmpeg fetch URLs.
input=(-protocol_whitelist file -i "file:$source")
probe=$(ffprobe -v error -select_streams v:0 -show_entries stream=height:format=duration -of json "${input[@]}") ||
    bad_input "ffprobe cannot read it"
jq -e '(.streams[0].height | . > 0) and (.format.duration | tonumber | . > 0)' <<<"$probe" >/dev/null ||
    bad_input "no video of a known duration in it"
height=$(jq '.streams[0].height' <<<"$probe")
duration_us=$(jq '.format.duration | tonumber * 1000000 | floor' <<<"$probe")
((heights[0] <= height)) || bad_input "it is $height lines high; a rendition cannot be ${heights[0]} lines high"

# progress INDEX HEIGHT: converts the progress of ffmpeg (out_time_us=…) to that of the job.
progress() {
    local key value percent last=-1
    while IFS='=' read -r key value; do
        [[ $key == out_time_us && $value =~ ^[0-9]+$ ]] || continue
        ((value <= duration_us)) || value=$duration_us
        percent=$((($1 * 100 + value * 100 / duration_us) / ${#heights[@]}))
        ((percent == last)) || echo "::progress $percent ${2}p, rendition $(($1 + 1)) of ${#heights[@]}"
        last=$percent
    done
}

name=$(basename "$source")
name=$(LC_ALL=C tr -c 'A-Za-z0-9._-' '-' < <(printf '%s' "${name%.*}"))
for index in "${!heights[@]}"; do
    lines=${heights[index]}
    ffmpeg -nostdin -v error -progress pipe:1 -stats_period 0.2 "${input[@]}" \
        -map 0:v:0 -map '0:a:0?' -vf "scale=-2:$lines" -c:v libx264 -preset veryfast -crf 23 -pix_fmt yuv420p \
        -c:a aac -b:a 96k -movflags +faststart "$LONGHAUL_ARTIFACTS/$name-${lines}p.mp4" |
        progress "$index" "$lines"
    echo "${lines}p encoded"
done

ffmpeg -nostdin -v error -ss "$((duration_us / 3))us" "${input[@]}" -map 0:v:0 -frames:v 1 -q:v 3 \
    "$LONGHAUL_ARTIFACTS/$name-poster.jpg"

jq -n --arg name "$name" --argjson duration "$duration_us" --args '{
    duration_seconds: ($duration / 1000000),
    renditions: [$ARGS.positional[] | {height: tonumber, file: "\($name)-\(.)p.mp4"}],
    poster: "\($name)-poster.jpg"}' "${heights[@]}" >"$LONGHAUL_RESULT"
