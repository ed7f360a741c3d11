#!/usr/bin/env bash
# Runs purchases by a state machine that waits for a person with a task token: a small one, an approved one, a refused one,
# and one without an answer.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$here/../lib.sh"

export PURCHASE_FOLDER=$repository/.run/approval-machine/results
start "$here/handlers.json5" purchases=2 "$repository/.run/approval-machine"

: >"$work/page.out"
setsid "$here/page.py" >"$work/page.out" 2>"$work/page.log" </dev/null &
background+=($!)
await_line $! "$work/page.out" "$work/page.log"
page=$(jq -r .listening "$work/page.out")

# purchase ITEM AMOUNT [SECONDS]: starts an execution, and sets `id`.
purchase() {
    id=$("$longhaul" state-machines start purchase --input "$(jq -n --arg item "$1" --argjson amount "$2" \
        --argjson seconds "${3-3600}" --arg page "$page" '{$item, $amount, $page, answer_within_seconds: $seconds}')") ||
        die "The execution was not started."
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

# await_mail ITEM: waits for the mail with the link for an item, and sets `link`.
await_mail() {
    local deadline=$((SECONDS + job_deadline_seconds))
    until link=$(sed -n "s/^$1 //p" "$PURCHASE_FOLDER/mail" 2>/dev/null) && [[ -n $link ]]; do
        [[ $(curl -fsS "$server/v1/executions/$id" | jq -r .status) != failed ]] ||
            die "The execution has failed."
        ((SECONDS < deadline)) || die "There is no mail for the $1 after $job_deadline_seconds s."
        sleep 0.1
    done
    say "link        ${link:0:60}…"
}

# answer DECISION: does what a person does who opens the link, types a name and presses a button. Prints the status.
answer() {
    local token
    token=$(curl -fsS "$link" | sed -n 's/.*name="token" value="\([^"]*\)".*/\1/p')
    curl -sS -o "$work/answer" -w '%{http_code}' "$page" --data-urlencode "token=$token" \
        --data-urlencode "by=Ada" --data-urlencode "decision=$1"
}

orders() { paste -sd , "$PURCHASE_FOLDER/orders"; }

heading "The definition is checked, and the machine is created"
"$longhaul" state-machines check "$here/purchase.asl.json" | sed "s|^$here/|  |"
"$longhaul" state-machines create purchase "$here/purchase.asl.json" | sed 's/^/  /'

heading "A small purchase needs no approval"
purchase chair 90
await_end
check "status" "$(jq -r .status <<<"$execution")" succeeded
check "orders" "$(orders)" "chair approved by the limit"

heading "A purchase that a person approves"
purchase desk 900
await_mail desk
check "status before the answer" "$(curl -fsS "$server/v1/executions/$id" | jq -r .status)" running
check "answer" "$(answer approve)" 200
await_end
"$longhaul" state-machines history "$id" | cut -c 1-118 | sed 's/^/  /'
check "status" "$(jq -r .status <<<"$execution")" succeeded
check "orders" "$(orders)" "chair approved by the limit,desk approved by Ada"
check "a second answer" "$(answer refuse)" 409

heading "A purchase that a person refuses"
purchase sofa 2000
await_mail sofa
check "answer" "$(answer refuse)" 200
await_end
check "status" "$(jq -r .status <<<"$execution")" failed
check "error" "$(jq -r '"\(.error): \(.cause)"' <<<"$execution")" "Refused: Ada refused it."

heading "A purchase without an answer"
purchase lamp 700 1
await_end
check "status" "$(jq -r .status <<<"$execution")" failed
check "error" "$(jq -r .error <<<"$execution")" NoAnswer
check "orders" "$(orders)" "chair approved by the limit,desk approved by Ada"

finish
