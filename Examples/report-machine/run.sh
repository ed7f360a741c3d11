#!/usr/bin/env bash
# Runs a state machine that fetches figures and recipients side by side, draws a report and mails it: with figures, without
# figures, and with figures that cannot be drawn.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$here/../lib.sh"

export MAIL_SENT_LISTS=$repository/.run/report-machine/sent-lists
start "$here/handlers.json5" reports=2,mail=1 "$repository/.run/report-machine"

inbox=$results/inbox
mkdir -p "$inbox"
: >"$work/sink.out"
setsid "$here/../bulk-mail/sink.py" "$inbox" >"$work/sink.out" 2>"$work/sink.log" </dev/null &
background+=($!)
await_line $! "$work/sink.out" "$work/sink.log"
sink=$(jq -r .listening "$work/sink.out")

# execute INPUT: starts an execution, waits for its end, and sets `id` and `execution` (JSON).
execute() {
    local input
    input=$(jq -c --arg server "$sink" '. + {mail_server: $server}' <<<"$1")
    id=$("$longhaul" state-machines start report --input "$input") || die "The execution was not started."
    say "execution   $id"
    local deadline=$((SECONDS + job_deadline_seconds))
    until execution=$(curl -fsS --max-time 90 "$server/v1/executions/$id?wait_seconds=10") &&
        [[ $(jq -r .status <<<"$execution") != running ]]; do
        ((SECONDS < deadline)) || die "The execution has not ended after $job_deadline_seconds s."
    done
}

# entered: prints the names of the states that were entered, in the order of their names.
entered() {
    "$longhaul" state-machines history "$id" --json |
        jq -r '[.items[] | select(.type | endswith("_state_entered")) | .details.name] | sort | join(", ")'
}

mails() { find "$inbox" -name '*.eml' | wc -l; }

heading "The definition is checked, and the machine is created"
"$longhaul" state-machines check "$here/report.asl.json" | sed "s|^$here/|  |"
"$longhaul" state-machines create report "$here/report.asl.json" | sed 's/^/  /'

heading "A report on 40 cities"
execute '{"figures": {"cities": 40}}'
"$longhaul" state-machines history "$id" | cut -c 1-118 | sed 's/^/  /'
check "status" "$(jq -r .status <<<"$execution")" succeeded
check "mails" "$(jq .output.mails <<<"$execution")" 3
check "mails in the inbox" "$(mails)" 3
check "states" "$(entered)" "Any rows?, Draw, Fetch, Fetch figures, Fetch recipients, Mail the report"
pdf=$("$longhaul" list --json --state completed | jq -r 'first(.items[] | select(.kind == "report.pdf")).id')
"$longhaul" artifacts "$pdf" --download "$results/report" >/dev/null
check "pages" "$(pdfinfo "$results/report/report.pdf" | sed -n 's/^Pages: *//p')" \
    "$(jq .output.pages <<<"$execution")"

heading "No figures: the choice ends the execution"
execute '{"figures": {"cities": 0}}'
check "status" "$(jq -r .status <<<"$execution")" succeeded
check "mails" "$(jq .output.mails <<<"$execution")" 0
check "states" "$(entered)" "Any rows?, Fetch, Fetch figures, Fetch recipients, Nothing to report"

heading "Figures that cannot be drawn: the error is caught, and the operator gets a mail"
execute '{"figures": {"cities": 40, "damaged": true}}'
check "status" "$(jq -r .status <<<"$execution")" failed
check "error" "$(jq -r .error <<<"$execution")" ReportFailed
check "the cause names the row" "$(jq -r '.cause | contains("rows/39")' <<<"$execution")" true
check "states" "$(entered)" \
    "Any rows?, Draw, Fetch, Fetch figures, Fetch recipients, Mail the operator, Report failed"
check "mails in the inbox" "$(mails)" 4

finish
