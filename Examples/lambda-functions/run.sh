#!/usr/bin/env bash
# Runs a state machine with Lambda functions, which a worker runs without a change.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$here/../lib.sh"

export WAREHOUSE_FOLDER=$repository/.run/lambda-functions/results
start "$here/handlers.json5" warehouse=1 "$repository/.run/lambda-functions"
(
    cd "$here"
    exec setsid ./worker.py reserve-stock=functions.reserve charge=functions.charge >"$work/worker.log" 2>&1 </dev/null
) &
background+=($!)

# operation NAME INPUT: calls an operation of the Step Functions API, as an AWS SDK does.
operation() {
    curl -fsS "$server" --aws-sigv4 aws:amz:us-east-1:states --user test:test \
        -H "X-Amz-Target: AWSStepFunctions.$1" -H 'Content-Type: application/x-amz-json-1.0' -d "$2" ||
        die "The operation $1 has failed."
}

# execute INPUT: starts an execution, waits for its end, and sets `execution` (JSON).
execute() {
    local deadline=$((SECONDS + job_deadline_seconds)) arn
    arn=$(operation StartExecution "$(jq -n --arg arn "$machine" --arg input "$1" '{stateMachineArn: $arn, $input}')" |
        jq -r .executionArn)
    say "execution   $arn"
    until execution=$(operation DescribeExecution "$(jq -n --arg arn "$arn" '{executionArn: $arn}')") &&
        [[ $(jq -r .status <<<"$execution") != RUNNING ]]; do
        ((SECONDS < deadline)) || die "The execution has not ended after $job_deadline_seconds s."
        sleep 0.1
    done
}

heading "The machine is created by the protocol of AWS"
machine=$(operation CreateStateMachine "$(jq -n --rawfile definition "$here/order.asl.json" \
    '{name: "order", $definition, roleArn: "arn:aws:iam::000000000000:role/states"}')" | jq -r .stateMachineArn)
say "machine     $machine"

heading "An order: the second function fails once, and is retried"
execute '{"order": 7, "item": "chair", "quantity": 2}'
check "status" "$(jq -r .status <<<"$execution")" SUCCEEDED
check "output" "$(jq -r .output <<<"$execution" | jq -cS .)" '{"amount":50,"payment":"payment-7"}'
check "message" "$(jq -cS . "$results/messages")" '{"item":"chair","order":7,"quantity":2}'
check "jobs" "$("$longhaul" list --json | jq -c '[.items[] | select(.kind == "charge").state] | sort')" \
    '["completed","failed"]'

heading "An order of too many: the error of the function is caught"
execute '{"order": 8, "item": "chair", "quantity": 11}'
check "status" "$(jq -r .status <<<"$execution")" FAILED
check "error" "$(jq -r '"\(.error): \(.cause)"' <<<"$execution")" "Refused: Order 8 was refused"

finish
