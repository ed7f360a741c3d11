#!/usr/bin/env bash
# Runs a state machine that encodes a test clip in pieces, in the child executions of a distributed map. Then runs it for a
# clip that does not exist yet, and redrives it once the clip exists.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$here/../lib.sh"

start "$here/handlers.json5" video=2 "$repository/.run/video-machine"

# execute SOURCE: starts an execution for a clip, and sets `id`.
execute() {
    id=$("$longhaul" state-machines start video --input "$(jq -n --arg source "$1" --arg folder "$results" \
        '{$source, $folder, height: 144}')") || die "The execution was not started."
    say "execution   $id"
}

# await_end: waits for the end of the execution, and sets `execution` (JSON).
await_end() {
    local deadline=$((SECONDS + job_deadline_seconds))
    until execution=$(curl -fsS --max-time 90 "$server/v1/executions/$id?wait_seconds=10") &&
        [[ $(jq -r .status <<<"$execution") != running ]]; do
        ((SECONDS < deadline)) || die "The execution has not ended after $job_deadline_seconds s."
    done
}

# count QUERY: prints how many events of the execution match a query of jq.
count() { "$longhaul" state-machines history "$id" --json | jq "[.items[] | select($1)] | length"; }

heading "The definition is checked, and the machine is created"
"$longhaul" state-machines check "$here/video.asl.json" | sed "s|^$here/|  |"
"$longhaul" state-machines create video "$here/video.asl.json" | sed 's/^/  /'

heading "A clip of 8 seconds in pieces of 2 seconds"
ffmpeg -nostdin -v error -f lavfi -i testsrc2=size=640x360:rate=25:duration=8 \
    -f lavfi -i sine=frequency=440:duration=8 -c:v libx264 -preset ultrafast -g 50 -pix_fmt yuv420p -c:a aac \
    "$work/clip.mp4"
execute "$work/clip.mp4"
await_end
"$longhaul" state-machines show "$id" | cut -c 1-118 | sed 's/^/  /'
"$longhaul" state-machines history "$id" | cut -c 1-118 | sed 's/^/  /'
check "status" "$(jq -r .status <<<"$execution")" succeeded
check "pieces" "$(jq .output.pieces <<<"$execution")" 4
check "map run" "$(jq -c '.map_runs[0] | [.status, .items.succeeded, .items.failed]' <<<"$execution")" '["succeeded",4,0]'
file=$(jq -r .output.file <<<"$execution")
check "lines" "$(ffprobe -v error -select_streams v:0 -show_entries stream=height -of csv=p=0 "$file")" 144
check "seconds" "$(ffprobe -v error -show_entries format=duration -of csv=p=0 "$file" | xargs printf '%.0f\n')" 8
check "files that are left" "$(find "$results" -type f | wc -l)" 1

heading "A clip that does not exist yet: the execution fails, and is redriven"
execute "$work/late.mp4"
await_end
check "status" "$(jq -r .status <<<"$execution")" failed
check "error" "$(jq -r .error <<<"$execution")" exit_65
cp "$work/clip.mp4" "$work/late.mp4"
"$longhaul" state-machines redrive "$id" >/dev/null
await_end
check "status" "$(jq -r .status <<<"$execution")" succeeded
check "redrives" "$(jq .redrive_count <<<"$execution")" 1
check "the split ran twice" "$(count '.type == "task_scheduled" and (.details.parameters | tojson | contains("video.split"))')" 2
check "files that are left" "$(find "$results" -type f | wc -l)" 2

finish
