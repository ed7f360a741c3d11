#!/usr/bin/env bash
# Makes thumbnails from a file and from a data URI, and submits a file that is not an image.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$here/../lib.sh"

start "$here/handlers.json5" images=2 "$repository/.run/image-thumbnails"

# dimensions FILE: prints WIDTHxHEIGHT.
dimensions() { imagemagick identify -format '%wx%h' "$1"; }

heading "Four widths of a 1200 × 800 picture"
imagemagick convert -seed 7 -size 1200x800 plasma:steelblue-gold "png:$work/harbour.png"
id=$(submit image.thumbnails "$(jq -n --arg source "$work/harbour.png" \
    '{source: $source, widths: [600, 300, 150, 48]}')" --queue images)
follow "$id"
show_log "$id"
download "$id" four-widths
check "state" "$(state)" completed
for size in 600x400 300x200 150x100 48x32; do
    check "harbour-${size%x*}.png" "$(dimensions "$results/four-widths/harbour-${size%x*}.png")" "$size"
done
check "widths in the result" "$(jq -c '[.result.thumbnails[].width]' <<<"$ended")" '[600,300,150,48]'

heading "One width, passed as an argument"
imagemagick convert "$work/harbour.png" "jpeg:$work/harbour one.jpg"
id=$(submit image.thumbnail "$(jq -n --arg source "$work/harbour one.jpg" '{source: $source, width: 320}')" \
    --queue images)
follow "$id"
download "$id" one-width
check "harbour-one-320.jpg" "$(dimensions "$results/one-width/harbour-one-320.jpg")" 320x213

heading "An image inside the payload"
imagemagick convert -size 64x64 radial-gradient:white-crimson "png:$work/dot.png"
id=$(submit image.thumbnails "$(jq -n --arg data "$(base64 -w 0 "$work/dot.png")" \
    '{source: ("data:image/png;base64," + $data), widths: [16]}')" --queue images)
follow "$id"
download "$id" from-data
check "image-16.png" "$(dimensions "$results/from-data/image-16.png")" 16x16

heading "A file that is not an image fails at once, because a retry would not help"
echo 'push graphic-context' >"$work/drawing.png"
id=$(submit image.thumbnails "$(jq -n --arg source "$work/drawing.png" '{source: $source, widths: [16]}')" \
    --queue images)
follow "$id"
check "state" "$(state)" failed
check "attempts" "$(jq '.attempts | length' <<<"$ended")" 1

finish
