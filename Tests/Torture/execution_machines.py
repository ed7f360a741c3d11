"""The state machines of the torture: each kind with its definition, its tasks, and its output."""

import json

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:torture-"
ACTIVITY = "arn:aws:states:us-east-1:000000000000:activity:torture-activity"
ROLE = "arn:aws:iam::000000000000:role/any"
# A worker that dies in the middle of a task ends the task. The state then runs it again, as often as the faults want.
RETRY = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1000, "BackoffRate": 1.0}]
ITEMS = 6


def work(step, resource=FUNCTION + "work", **fields):
    """A state whose task has the name of the execution and of the step. Its result replaces the name."""
    parameters = {"name.$": "$.name", "sleep.$": "$.sleep", "step": step}
    return {
        "Type": "Task", "Resource": resource, "Parameters": parameters, "ResultPath": f"$.{step}", "Retry": RETRY,
        **(fields or {"End": True})}


def block(start, **states):
    """A machine, a branch or an item processor."""
    return {"StartAt": start, "States": states}


def item_processor(**configuration):
    """One task for each item."""
    return {"ProcessorConfig": configuration, **block("Item", Item={
        "Type": "Task", "Resource": FUNCTION + "work", "Retry": RETRY, "ResultPath": "$.result", "End": True})}


ITEM_SELECTOR = {
    "name.$": "$.name", "sleep.$": "$.sleep", "step.$": "States.Format('item{}', $$.Map.Item.Index)"}
ITEM_STEPS = [f"item{index}" for index in range(ITEMS)]

PARALLEL = block(
    "Both",
    Both={"Type": "Parallel", "ResultPath": "$.branches", "Next": "Last", "Branches": [
        block("First", First=work("first", Next="Pause"),
              Pause={"Type": "Wait", "Seconds": 1, "Next": "Second"}, Second=work("second")),
        block("Third", Third=work("third")),
        block("Caught",
              Caught={"Type": "Parallel", "Branches": [block("Broken", Broken={"Type": "Fail", "Error": "Planned"})],
                      "Catch": [{"ErrorEquals": ["Planned"], "ResultPath": "$.error", "Next": "Repaired"}], "End": True},
              Repaired={"Type": "Pass", "Result": "repaired", "ResultPath": "$.error", "End": True})]},
    Last=work("last"))
INLINE = block("Each", Each={
    "Type": "Map", "ItemsPath": "$.items", "ItemSelector": ITEM_SELECTOR, "MaxConcurrency": 3, "End": True,
    "ItemProcessor": item_processor(Mode="INLINE")})
DISTRIBUTED = block("Each", Each={
    "Type": "Map", "ItemsPath": "$.items", "ItemSelector": ITEM_SELECTOR, "MaxConcurrency": 3, "End": True,
    "Label": "Each", "ItemProcessor": item_processor(Mode="DISTRIBUTED", ExecutionType="STANDARD")})
CALLBACK = block(
    "Ask",
    Ask={"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "Retry": RETRY, "ResultPath": "$.ask",
         "Parameters": {"FunctionName": "torture-ask", "Payload": {
             "name.$": "$.name", "sleep.$": "$.sleep", "step": "ask", "token.$": "$$.Task.Token"}}, "Next": "After"},
    After=work("after"))
# A killed worker of an activity reports nothing. Its missing heartbeats end the task.
ACTIVITIES = block(
    "Do", Do=work("do", ACTIVITY, HeartbeatSeconds=5, Next="Then"), Then=work("then", ACTIVITY, HeartbeatSeconds=5, End=True))

DEFINITIONS = {
    "parallel": PARALLEL, "inline": INLINE, "distributed": DISTRIBUTED, "callback": CALLBACK, "activity": ACTIVITIES}
# The steps of each kind. Each step is one task.
STEPS = {
    "parallel": ["first", "second", "third", "last"], "inline": ITEM_STEPS, "distributed": ITEM_STEPS,
    "callback": ["ask", "after"], "activity": ["do", "then"]}


def output_of(name, step):
    """The output of a task."""
    return f"{name}:{step}"


def input_of(name):
    """The input of an execution. Each task takes a fifth of a second."""
    return json.dumps({"name": name, "sleep": "0.2", "items": list(range(ITEMS))})


def arn_of(kind):
    """The ARN of the machine of a kind."""
    return f"arn:aws:states:us-east-1:000000000000:stateMachine:torture-{kind}"
