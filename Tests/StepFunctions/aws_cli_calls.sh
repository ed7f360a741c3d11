#!/usr/bin/env bash
# Calls the Step Functions API of a running server with the AWS CLI: creates, starts, describes and redrives.
#
#     pip install awscli
#     Tests/StepFunctions/aws_cli_calls.sh http://127.0.0.1:8080
#
# The credentials are those of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "test". It prints "ok".
set -euo pipefail

export AWS_ENDPOINT_URL_SFN=$1 AWS_DEFAULT_REGION=us-east-1 AWS_DEFAULT_OUTPUT=text AWS_PAGER=
export AWS_ACCESS_KEY_ID=${AWS_ACCESS_KEY_ID:-test} AWS_SECRET_ACCESS_KEY=${AWS_SECRET_ACCESS_KEY:-test}
name=cli-$$-$RANDOM

states() { aws stepfunctions "$@"; }

expect() {
    [[ $2 == "$3" ]] || { echo "$1: expected $3, found $2" >&2; exit 1; }
}

ended() {
    local status
    for _ in $(seq 100); do
        status=$(states describe-execution --execution-arn "$1" --query status)
        [[ $status == RUNNING ]] || break
        sleep 0.1
    done
    expect status "$status" "$2"
}

activity=$(states create-activity --name "$name" --query activityArn)
definition='{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "'$activity'", "End": true}}}'
machine=$(states create-state-machine --name "$name" --definition "$definition" \
    --role-arn arn:aws:iam::000000000000:role/any --query stateMachineArn)
expect definition "$(states describe-state-machine --state-machine-arn "$machine" --query definition)" "$definition"

execution=$(states start-execution --state-machine-arn "$machine" --input '{"n":1}' --query executionArn)
task() { states get-activity-task --activity-arn "$activity" --query taskToken; }
states send-task-failure --task-token "$(task)" --error Mine
ended "$execution" FAILED
states redrive-execution --execution-arn "$execution" >/dev/null
states send-task-success --task-token "$(task)" --task-output '{"m":2}'
ended "$execution" SUCCEEDED
expect output "$(states describe-execution --execution-arn "$execution" --query output)" '{"m":2}'
types=$(states get-execution-history --execution-arn "$execution" --query 'events[].type')
[[ $types == *ExecutionRedriven* ]] || { echo "no event of the redrive: $types" >&2; exit 1; }

states delete-state-machine --state-machine-arn "$machine"
if states describe-state-machine --state-machine-arn "$machine" 2>/dev/null; then
    echo "the state machine still exists" >&2
    exit 1
fi
echo ok
