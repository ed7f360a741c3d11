import LonghaulStates
import Testing

struct CatchTests {
    @Test func aCatcherPutsTheErrorIntoTheInput() throws {
        let fields = #""Catch": [{"ErrorEquals": ["Broken"], "Next": "Caught", "ResultPath": "$.error"}]"#
        var scenario = try Scenario(taskMachine(fields), input: #"{"id": 7}"#)
        try scenario.start()
        try scenario.fail(1, "Broken", "a cause")
        #expect(scenario.output == #"{"id":7,"error":{"Error":"Broken","Cause":"a cause"}}"#)
    }

    @Test func aCatcherAssignsAndBuildsOutputInJSONata() throws {
        let machine = #"""
            {"QueryLanguage": "JSONata", "StartAt": "Work", "States": {
                "Work": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "Caught",
                    "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught",
                        "Assign": {"why": "{% $states.errorOutput.Cause %}"},
                        "Output": {"name": "{% $states.errorOutput.Error %}"}}]},
                "Caught": {"Type": "Pass", "Output": "{% $states.input.name & ':' & $why %}", "End": true}}}
            """#
        var scenario = try Scenario(machine)
        try scenario.start()
        try scenario.fail(1, "Broken", "late")
        #expect(scenario.output == #""Broken:late""#)
    }

    @Test func theFirstCatcherThatMatchesWins() throws {
        let machine = #"""
            {"StartAt": "Work", "States": {
                "Work": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true, "Catch": [
                    {"ErrorEquals": ["Other"], "Next": "A"}, {"ErrorEquals": ["States.TaskFailed"], "Next": "B"},
                    {"ErrorEquals": ["States.ALL"], "Next": "C"}]},
                "A": {"Type": "Pass", "Result": "A", "End": true},
                "B": {"Type": "Pass", "Result": "B", "End": true},
                "C": {"Type": "Pass", "Result": "C", "End": true}}}
            """#
        var failing = try Scenario(machine)
        try failing.start()
        try failing.fail(1, "Broken")
        #expect(failing.output == #""B""#)
        var late = try Scenario(machine)
        try late.start()
        try late.report(1, .timedOut)
        #expect(late.output == #""C""#)
    }

    @Test func heartbeatTimeoutsHaveANameOfTheirOwn() throws {
        let fields = #"""
            "HeartbeatSeconds": 5, "Catch": [{"ErrorEquals": ["States.HeartbeatTimeout"], "Next": "Caught"}]
            """#
        var scenario = try Scenario(taskMachine(fields))
        try scenario.start()
        try scenario.report(1, .started(worker: nil))
        try scenario.fireTimer()
        #expect(scenario.output == #"{"Error":"States.Timeout","Cause":""}"#)
    }

    @Test func runtimeErrorsAreNotCaught() throws {
        let fields = #""OutputPath": "$.none", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]"#
        var scenario = try Scenario(taskMachine(fields))
        try scenario.start()
        try scenario.succeed(1, "{}")
        #expect(scenario.error?.name == "States.Runtime")
    }

    @Test func queryErrorsAreCaught() throws {
        let machine = #"""
            {"QueryLanguage": "JSONata", "StartAt": "Work", "States": {
                "Work": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
                    "Arguments": "{% $none %}",
                    "Catch": [{"ErrorEquals": ["States.QueryEvaluationError"], "Next": "Caught",
                        "Output": "caught"}]},
                "Caught": {"Type": "Succeed"}}}
            """#
        var scenario = try Scenario(machine)
        try scenario.start()
        #expect(scenario.output == #""caught""#)
        #expect(scenario.types.contains(.evaluationFailed))
        #expect(!scenario.types.contains(.taskScheduled))
    }

    @Test func largeResultsOfTasksAreFailures() throws {
        let fields = #""Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]"#
        var scenario = try Scenario(taskMachine(fields))
        try scenario.start()
        try scenario.succeed(1, "\"\(String(repeating: "a", count: 262_144))\"")
        #expect(scenario.output?.contains("States.DataLimitExceeded") == true)
        #expect(scenario.types.contains(.taskFailed))
    }

    @Test func largeOutputsOfStatesEndTheExecution() throws {
        let text = String(repeating: "a", count: 200_000)
        let machine = """
            {"StartAt": "Twice", "States": {"Twice": {"Type": "Pass", "End": true,
                "Parameters": {"a.$": "$", "b.$": "$"}}}}
            """
        var scenario = try Scenario(machine, input: "\"\(text)\"")
        try scenario.start()
        #expect(scenario.error?.name == "States.DataLimitExceeded")
        #expect(scenario.types == [.executionStarted, .passStateEntered, .executionFailed])
    }
}
