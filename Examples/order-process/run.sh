#!/usr/bin/env bash
# Runs orders as durable jobs, once with the Python worker and once with the Swift worker. Kills the worker between two parts.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$here/../lib.sh"

start "$here/handlers.json5" invoices=2 "$repository/.run/order-process"

# start_worker LANGUAGE: starts the worker of the orders. Sets `worker`.
start_worker() {
    local program=$here/process.py
    [[ $1 == python ]] || program=${EXAMPLE_WORKER:-$repository/.build/release/example-worker}
    setsid "$program" >>"$work/worker.log" 2>&1 </dev/null &
    worker=$!
    background+=("$worker")
}

# await_state ID STATE: waits until the job has the state.
await_state() {
    local deadline=$((SECONDS + job_deadline_seconds))
    until [[ $(job "$1" | jq -r .state) == "$2" ]]; do
        ((SECONDS < deadline)) || die "The job is not $2 after $job_deadline_seconds s."
        sleep 0.1
    done
}

# order NUMBER AMOUNT [PRODUCT]: submits an order and prints the ID of the job.
order() {
    submit order "$(jq -n --argjson id "$1" --argjson amount "$2" --arg product "${3-book}" \
        '{$id, $amount, $product, approve_within: 3600, pickup_after: 1}')" --queue orders
}

# answer NUMBER JSON: sends a signal with the link in the mail.
answer() {
    local link
    link=$(sed -n "s/^$1 //p" "$ORDER_FOLDER/mail")
    curl -fsS "$link" -H 'Content-Type: application/json' -d "$2" >/dev/null || die "The link $link does not work."
}

# lines FILE: prints what a system received, in one line.
lines() { cut -d ' ' -f 1-2 "$ORDER_FOLDER/$1" 2>/dev/null | paste -sd ,; }

for language in ${ORDER_LANGUAGES:-python swift}; do
    export ORDER_FOLDER=$work/$language
    mkdir -p "$ORDER_FOLDER"
    start_worker "$language"

    heading "$language: an order that a person approves, and a worker that is killed while it waits"
    id=$(order 1 900)
    await_state "$id" suspended
    kill -KILL "$worker"
    wait "$worker" 2>/dev/null || true
    answer 1 '{"approved": true}'
    start_worker "$language"
    follow "$id"
    check "state" "$(state)" completed
    check "result" "$(jq -cS .result <<<"$ended")" '{"invoice":"invoice-1.txt","payment":"payment-1"}'
    check "stock" "$(lines stock)" "reserve 1"
    check "payment" "$(lines bank)" "charge 1"
    check "parcels" "$(lines parcels)" "ship 1"
    check "child jobs" "$(jq .children_count <<<"$ended")" 1
    "$longhaul" journal "$id" | sed 's/^/    /'

    heading "$language: an order that a person refuses: its stock is released"
    id=$(order 2 900)
    await_state "$id" suspended
    answer 2 '{"approved": false}'
    follow "$id"
    check "state" "$(state)" failed
    check "error" "$(jq -r .error.message <<<"$ended")" "the order was not approved"
    check "attempts" "$(jq .attempt <<<"$ended")" 1
    check "stock" "$(lines stock)" "reserve 1,reserve 2,release 2"

    heading "$language: an order without an invoice: it is refunded"
    id=$(order 3 50 unbillable)
    follow "$id"
    check "state" "$(state)" failed
    check "attempts" "$(jq .attempt <<<"$ended")" 1
    check "payment" "$(lines bank)" "charge 1,charge 3,refund 3"

    heading "$language: an order that is cancelled while it waits"
    id=$(order 4 900)
    await_state "$id" suspended
    "$longhaul" cancel "$id" >/dev/null
    follow "$id"
    check "state" "$(state)" cancelled
    check "stock" "$(lines stock | tail -c 20)" "reserve 4,release 4"

    kill -TERM "$worker"
    wait "$worker" || true
done

finish
