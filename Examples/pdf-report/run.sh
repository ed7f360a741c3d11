#!/usr/bin/env bash
# Draws a report of several pages from JSON, then submits an invalid payload.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$here/../lib.sh"

start "$here/handlers.json5" reports=1 "$repository/.run/pdf-report"

heading "A report on 78 cities"
payload=$(jq -n -f "$here/sample.jq")
id=$(submit report.pdf "$payload" --queue reports)
follow "$id"
show_log "$id"
download "$id" report
pdf=$results/report/report.pdf
check "state" "$(state)" completed
check "first bytes" "$(head -c 5 "$pdf")" %PDF-
check "pages" "$(pdfinfo "$pdf" | sed -n 's/^Pages: *//p')" "$(jq .result.pages <<<"$ended")"
check "page size" "$(pdfinfo "$pdf" | sed -n 's/^Page size: *.*(\(A4\))$/\1/p')" A4
check "rows" "$(pdftotext -layout "$pdf" - | grep -cE '^ *[[:alpha:]][^0-9]*( +[0-9,]+){5}$')" \
    "$(jq '.rows | length + 1' <<<"$payload")"
check "total" "$(jq .result.total <<<"$ended")" "$(jq '[.rows[][1:][]] | add' <<<"$payload")"

heading "A payload with a row that is too short fails at once, and the error names the row"
id=$(submit report.pdf "$(jq '.rows[3] = ["Bergen", 1]' <<<"$payload")" --queue reports)
follow "$id"
check "state" "$(state)" failed

finish
