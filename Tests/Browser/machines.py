"""State machines for the tests. The workers are the tests: they lease the jobs of Task states."""

import time


def function(name, **fields):
    """A Task state that runs a job of the kind `name`."""
    return {"Type": "Task", "Resource": f"arn:aws:lambda:us-east-1:000000000000:function:{name}", **fields}


def large(count):
    """A definition with this number of states: a chain with choices, loops, and one handler of all errors."""
    names = [f"Step {number:03}" for number in range(count - 2)]
    states = {}
    for number, name in enumerate(names):
        way = {"Next": names[number + 1]} if number + 1 < len(names) else {"End": True}
        if number % 9 == 4 and number + 6 < len(names):
            ways = [{"Variable": "$.a", "NumericEquals": step, "Next": names[number + step]} for step in (1, 3, 5)]
            states[name] = {"Type": "Choice", "Choices": ways, "Default": names[number - 3]}
        elif number % 2:
            caught = [{"ErrorEquals": ["States.ALL"], "Next": "Handle the error"}]
            states[name] = function("work", Catch=caught, **way)
        else:
            states[name] = {"Type": "Pass", **way}
    states["Handle the error"] = function("handle", Next="Failed")
    states["Failed"] = {"Type": "Fail", "Error": "Order.Failed"}
    return {"StartAt": names[0], "States": states}


def report():
    """A report: a parallel branch with a map, a branch with a loop, and a catch."""
    page = {"StartAt": "Check page", "States": {"Check page": {"Type": "Pass", "End": True}}}
    pages = {"Type": "Map", "ItemsPath": "$.pages", "ItemProcessor": page, "End": True}
    poll = {
        "Pause": {"Type": "Wait", "Seconds": 1, "Next": "Ask"},
        "Ask": {"Type": "Pass", "Result": {"isReady": True}, "Next": "Is it ready?"},
        "Is it ready?": {"Type": "Choice", "Default": "Pause", "Choices": [
            {"Variable": "$.isReady", "BooleanEquals": True, "Next": "Ready"}]},
        "Ready": {"Type": "Succeed"}}
    return {"StartAt": "Fetch", "States": {
        "Fetch": {"Type": "Pass", "Assign": {"customer": "<b>Ada</b>"}, "Next": "Both"},
        "Both": {"Type": "Parallel", "Next": "Mail", "Branches": [
            {"StartAt": "Pages", "States": {"Pages": pages}}, {"StartAt": "Pause", "States": poll}]},
        "Mail": function("mail", ResultPath="$", Next="Done"),
        "Done": {"Type": "Succeed"}}}


def create(server, name, definition):
    """Creates a state machine."""
    return server.call("POST", "/v1/state-machines", {"name": name, "definition": definition})


def log_all(server, name):
    """Makes the executions of a state machine log each event."""
    arn = f"arn:aws:states:us-east-1:000000000000:stateMachine:{name}"
    group = {"cloudWatchLogsLogGroup": {"logGroupArn": "arn:aws:logs:us-east-1:000000000000:log-group:g:*"}}
    server.call_step_functions("UpdateStateMachine", {
        "stateMachineArn": arn, "loggingConfiguration": {"level": "ALL", "destinations": [group]}})


def start(server, name, data=None):
    """Starts an execution; returns its ID."""
    return server.call("POST", f"/v1/state-machines/{name}/executions", {"input": data or {}})["id"]


def wait_for(server, execution, status):
    """Waits until the execution has the status; returns it."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = server.call("GET", f"/v1/executions/{execution}")
        if found["status"] == status:
            return found
        time.sleep(0.05)
    raise AssertionError(f"the execution is not {status}: {found}")
