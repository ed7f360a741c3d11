#!/usr/bin/env bash
# Splits a video at its key frames into pieces of about two seconds.
#
# The payload: {"source": "/absolute/path.mp4", "folder": "/absolute/folder", "height": 144}
set -euo pipefail

job=$(cat)
source=$(jq -er .payload.source <<<"$job")
folder=$(jq -er .payload.folder <<<"$job")
[[ $source == /* && -r $source && -d $folder ]] || {
    echo "no readable file at $source, or no folder $folder" >&2
    exit 65
}
id=$(jq -er .id <<<"$job")
# Named after the job, so that a second attempt writes the same files.
ffmpeg -nostdin -v error -y -protocol_whitelist file -i "file:$source" -map 0:v:0 -map '0:a:0?' -c copy \
    -f segment -segment_time 2 -reset_timestamps 1 "$folder/$id-%03d.mkv"
find "$folder" -name "$id-*.mkv" | sort | jq -Rn '{pieces: [inputs]}' >"$LONGHAUL_RESULT"
