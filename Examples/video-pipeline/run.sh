#!/usr/bin/env bash
# Encodes a test clip in pieces, side by side, and kills the worker of the pipeline while the pieces are encoded.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$here/../lib.sh"

start "$here/handlers.json5" video=2 "$repository/.run/video-pipeline"

# start_worker: starts the worker of the pipeline. Sets `worker`.
start_worker() {
    setsid "${EXAMPLE_WORKER:-$repository/.build/release/example-worker}" >>"$work/worker.log" 2>&1 </dev/null &
    worker=$!
    background+=("$worker")
}

# whole_seconds FILE: prints its duration, rounded.
whole_seconds() { ffprobe -v error -show_entries format=duration -of csv=p=0 "$1" | xargs printf '%.0f\n'; }

heading "A clip of 8 seconds in pieces of 2 seconds"
ffmpeg -nostdin -v error -f lavfi -i testsrc2=size=640x360:rate=25:duration=8 \
    -f lavfi -i sine=frequency=440:duration=8 -c:v libx264 -preset ultrafast -g 50 -pix_fmt yuv420p -c:a aac \
    "$work/clip.mp4"
start_worker
id=$(submit video.pipeline "$(jq -n --arg source "$work/clip.mp4" --arg folder "$results" \
    '{$source, $folder, height: 144}')" --queue pipelines)
until [[ $(job "$id" | jq .children_count) -ge 2 ]]; do sleep 0.05; done
kill -KILL "$worker"
wait "$worker" 2>/dev/null || true
start_worker
follow "$id"
"$longhaul" journal "$id" | sed 's/^/    /'
check "state" "$(state)" completed
file=$(jq -r .result.file <<<"$ended")
check "pieces" "$(jq .result.pieces <<<"$ended")" 4
check "child jobs: a split, four pieces, a join" "$(jq .children_count <<<"$ended")" 6
check "lines" "$(ffprobe -v error -select_streams v:0 -show_entries stream=height -of csv=p=0 "$file")" 144
check "seconds" "$(whole_seconds "$file")" 8
check "files that are left" "$(find "$results" -type f | wc -l)" 1

heading "A clip that does not exist: the job fails"
id=$(submit video.pipeline "$(jq -n --arg folder "$results" '{source: "/nowhere.mp4", $folder, height: 144}')" \
    --queue pipelines)
follow "$id"
check "state" "$(state)" failed

finish
