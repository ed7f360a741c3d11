#!/usr/bin/env bash
# Makes two renditions and a poster of a test clip that ffmpeg generates.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$here/../lib.sh"

start "$here/handlers.json5" video=1 "$repository/.run/video-renditions"

# probe FILE STREAM ENTRY: prints one property of a file's stream.
probe() { ffprobe -v error -select_streams "$2" -show_entries "stream=$3" -of csv=p=0 "$1"; }

# whole_seconds FILE: prints its duration, rounded.
whole_seconds() { ffprobe -v error -show_entries format=duration -of csv=p=0 "$1" | xargs printf '%.0f\n'; }

heading "A clip of 8 seconds, 640 × 360, at 240 and 144 lines"
ffmpeg -nostdin -v error -f lavfi -i testsrc2=size=640x360:rate=25:duration=8 \
    -f lavfi -i sine=frequency=440:duration=8 -c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac \
    "$work/clip.mp4"
id=$(submit video.renditions \
    "$(jq -n --arg source "$work/clip.mp4" '{$source, renditions: [240, 144]}')" --queue video)
follow "$id"
show_log "$id"
download "$id" clip
check "state" "$(state)" completed
for height in 240 144; do
    file=$results/clip/clip-${height}p.mp4
    check "${height}p: lines" "$(probe "$file" v:0 height)" "$height"
    check "${height}p: video and audio" "$(probe "$file" v:0 codec_name), $(probe "$file" a:0 codec_name)" "h264, aac"
    check "${height}p: seconds" "$(whole_seconds "$file")" 8
done
check "poster" "$(imagemagick identify -format '%m %wx%h' "$results/clip/clip-poster.jpg")" "JPEG 640x360"

heading "A rendition larger than the clip fails at once"
id=$(submit video.renditions "$(jq -n --arg source "$work/clip.mp4" '{source: $source, renditions: [720]}')" \
    --queue video)
follow "$id"
check "state" "$(state)" failed

finish
