#!/usr/bin/env bash
# `make run`: starts a server with a worker in one process, runs two real jobs and shows their results. Stops the server
# at the end; with KEEP=1 the server keeps running until Ctrl-C.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../Examples/lib.sh
source "$here/../Examples/lib.sh"

examples=$repository/Examples
start "$examples/handlers.json5" default=4,images=2 "$repository/.run/server" "$repository/.run/results"

heading "Longhaul is running"
say "server      $server"
say "log         ${work#"$repository/"}/server.log"

heading "Thumbnails of a 1600 × 1000 picture (image.thumbnails, queue images)"
imagemagick convert -seed 11 -size 1600x1000 plasma:navy-orange "png:$work/evening.png"
image=$(submit image.thumbnails "$(jq -n --arg source "$work/evening.png" '{$source, widths: [800, 400, 160]}')" \
    --queue images)

# Submitted before the first job has ended: a submission does not wait for workers.
payload=$(jq -n -f "$examples/pdf-report/sample.jq")
report=$(submit report.pdf "$payload" --queue default)

follow "$image"
show_log "$image"
download "$image" thumbnails
check "state" "$(state)" completed
check "files" "$(jq '.artifacts | length' <<<"$ended")" 3

heading "A report of several pages (report.pdf, queue default)"
follow "$report"
show_log "$report"
download "$report" report
check "state" "$(state)" completed
check "first bytes" "$(head -c 5 "$results/report/report.pdf")" %PDF-

heading "Next steps"
if [[ ${KEEP-} == 1 ]]; then
    say "open        $server/"
    say "list        ${longhaul#"$repository/"} list --server $server"
    say "one job     curl -s $server/v1/jobs/$report"
    say "The server keeps running; Ctrl-C stops it."
    trap 'exit "$((wrong > 0))"' INT
    wait "${background[0]}" || die "The server ended unexpectedly; see $work/server.log"
else
    say "look        ${results#"$repository/"}"
    say "keep it     KEEP=1 make run, then open the printed address"
    say "more        make examples: thumbnails, reports, video, mail, exports"
fi
finish
