#!/bin/sh
# Makes thumbnails of an image, one for each width.
#
#   thumbnails.sh SOURCE WIDTH…    or the job on standard input: {"payload": {"source": …, "widths": […]}}
#
# SOURCE is the absolute path of a PNG, JPEG, WebP or GIF file, or such an image as data:image/…;base64,…
set -euf

bad_input() {
    echo "bad input: $*" >&2
    exit 65
}

# On some machines, `convert` on PATH is another program.
find_tool() {
    for tool in "$1-im6.q16" "$1-im7.q16" "/usr/bin/$1"; do
        if command -v "$tool"; then return; fi
    done
    echo "ImageMagick is not installed" >&2
    return 69
}
convert=$(find_tool convert)
identify=$(find_tool identify)

# The files made here are temporary: those of the working folder become artifacts.
cd "$TMPDIR"

if [ $# -gt 0 ]; then
    source=$1
    shift
    widths=$*
else
    cat >job.json
    jq -e '.payload | (.source | type == "string") and (.widths | type == "array")
        and (.widths | length | . >= 1 and . <= 20) and all(.widths[]; type == "number")' job.json >/dev/null ||
        bad_input 'the payload is {"source": "…", "widths": [1 to 20 numbers]}'
    source=$(jq -r .payload.source job.json)
    widths=$(jq -r '.payload.widths | map(tostring) | join(" ")' job.json)
fi

count=0
for width in $widths; do
    case $width in
    '' | *[!0-9]* | ?????*) bad_input "width $width is not a whole number from 1 to 4096" ;;
    esac
    if [ "$width" -lt 1 ] || [ "$width" -gt 4096 ]; then bad_input "width $width is not from 1 to 4096"; fi
    count=$((count + 1))
done
[ "$count" -gt 0 ] || bad_input "no width given"

case $source in
data:image/*\;base64,*)
    printf '%s' "${source#*,}" | base64 -d >image 2>/dev/null || bad_input "source is not valid base64"
    name=image
    source=image
    ;;
/*)
    if ! [ -f "$source" ] || ! [ -r "$source" ]; then bad_input "no readable file at $source"; fi
    name=$(basename "$source")
    name=$(printf '%s' "${name%.*}" | LC_ALL=C tr -c 'A-Za-z0-9._-' '-')
    ;;
*) bad_input "source is neither an absolute path nor data:image/…;base64,…" ;;
esac

# Detects the format from the first bytes of the file and passes it to ImageMagick. Otherwise ImageMagick would derive
# the format from the file name, and some formats read other files.
case $(head -c 12 "$source" | od -An -tx1 | tr -d ' \n') in
89504e470d0a1a0a*) format=png extension=png ;;
ffd8ff*) format=jpeg extension=jpg ;;
474946383[79]61*) format=gif extension=gif ;;
52494646????????57454250) format=webp extension=webp ;;
*) bad_input "source is not a PNG, JPEG, GIF or WebP image" ;;
esac

# Exits with 65 if the image is broken, because a retry would not help; with 1 for other errors, such as a full disk.
not_made() {
    "$identify" -regard-warnings "$format:${source}[0]" >/dev/null 2>&1 || bad_input "the image cannot be read"
    exit 1
}

# Uses only the first frame of an animation.
done=0
results=''
for width in $widths; do
    output=$name-$width.$extension
    "$convert" "$format:${source}[0]" -auto-orient -thumbnail "${width}x" -strip \
        "$format:$LONGHAUL_ARTIFACTS/$output" || not_made
    size=$("$identify" -format '%w %h' "$format:$LONGHAUL_ARTIFACTS/$output")
    echo "$output: $size"
    results="$results$output $size
"
    done=$((done + 1))
    echo "::progress $((done * 100 / count)) $done of $count thumbnails"
done

printf '%s' "$results" | jq -R -s '{thumbnails: [split("\n")[] | select(. != "")
    | capture("^(?<name>.*) (?<width>[0-9]+) (?<height>[0-9]+)$")
    | .width |= tonumber | .height |= tonumber]}' >"$LONGHAUL_RESULT"
