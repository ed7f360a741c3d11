import LonghaulStates
import Testing

struct ParallelTests {
    private static let twoTasks = #"""
        {"StartAt": "Both", "States": {
            "Both": {"Type": "Parallel", "Next": "Done", "Branches": [
                {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
                    "End": true}}},
                {"StartAt": "B", "States": {"B": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
                    "End": true}}}]},
            "Done": {"Type": "Succeed"}}}
        """#

    @Test func resultsAreInTheOrderOfTheBranches() throws {
        var scenario = try Scenario(ParallelTests.twoTasks)
        try scenario.start()
        #expect(scenario.tasks.map(\.state) == ["A", "B"])
        try scenario.succeed(2, "\"second\"")
        try scenario.succeed(1, "\"first\"")
        #expect(scenario.output == #"["first","second"]"#)
        #expect(
            scenario.lines[9...12] == [
                "10<5 TaskSucceeded", "11<10 TaskStateExited", "12<11 ParallelStateSucceeded",
                "13<11 ParallelStateExited",
            ])
    }

    @Test func aFailureStopsTheOtherBranches() throws {
        var scenario = try Scenario(ParallelTests.twoTasks)
        try scenario.start()
        try scenario.fail(1, "Broken", "why")
        #expect(scenario.cancelledTasks == [2])
        #expect(scenario.error == StateError(name: "Broken", cause: "why"))
        #expect(
            scenario.lines.suffix(5) == [
                "8<5 TaskFailed", "9<8 TaskStateAborted", "10<8 TaskStateAborted",
                "11<8 ParallelStateFailed", "12<11 ExecutionFailed",
            ])
        try scenario.succeed(2, "{}")
        #expect(scenario.commands.isEmpty)
    }

    @Test func variablesStayInTheirBranch() throws {
        let machine = #"""
            {"QueryLanguage": "JSONata", "StartAt": "Set", "States": {
                "Set": {"Type": "Pass", "Assign": {"outer": 1}, "Next": "Both"},
                "Both": {"Type": "Parallel", "Next": "Read", "Branches": [
                    {"StartAt": "A", "States": {"A": {"Type": "Pass", "Assign": {"inner": 2}, "Next": "A2"},
                        "A2": {"Type": "Pass", "Output": "{% $outer + $inner %}", "End": true}}},
                    {"StartAt": "B", "States": {"B": {"Type": "Pass",
                        "Output": "{% $exists($inner) %}", "End": true}}}]},
                "Read": {"Type": "Pass",
                    "Output": {"outer": "{% $outer %}", "inner": "{% $exists($inner) %}",
                        "results": "{% $states.input %}"}, "End": true}}}
            """#
        var scenario = try Scenario(machine)
        try scenario.start()
        #expect(scenario.output == #"{"outer":1,"inner":false,"results":[3,false]}"#)
    }

    @Test func innerFailuresAreCaughtOutside() throws {
        let machine = #"""
            {"StartAt": "Outer", "States": {
                "Outer": {"Type": "Parallel", "End": true,
                    "Catch": [{"ErrorEquals": ["Deep"], "Next": "Caught"}],
                    "Branches": [{"StartAt": "Inner", "States": {"Inner": {"Type": "Parallel", "End": true,
                        "Branches": [
                            {"StartAt": "Break", "States": {"Break": {"Type": "Fail", "Error": "Deep"}}},
                            {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 9,
                                "End": true}}}]}}},
                        {"StartAt": "Work", "States": {"Work": {"Type": "Task",
                            "Resource": "arn:aws:states:::lambda:invoke", "End": true}}}]},
                "Caught": {"Type": "Pass", "End": true}}}
            """#
        var scenario = try Scenario(machine)
        try scenario.start()
        #expect(scenario.output == #"{"Error":"Deep","Cause":""}"#)
        #expect(scenario.snapshot.openTaskCount == 0)
    }

    @Test func errorsOfTheLanguageEndTheExecution() throws {
        let machine = #"""
            {"StartAt": "Both", "States": {"Both": {"Type": "Parallel", "End": true,
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}], "Branches": [
                    {"StartAt": "Fast", "States": {"Fast": {"Type": "Pass", "Parameters": {"m.$": "$.nope"},
                        "End": true}}},
                    {"StartAt": "Slow", "States": {"Slow": {"Type": "Wait", "Seconds": 9, "End": true}}}]},
                "Caught": {"Type": "Succeed"}}}
            """#
        var scenario = try Scenario(machine)
        try scenario.start()
        #expect(
            scenario.lines == [
                "1<0 ExecutionStarted", "2<0 ParallelStateEntered", "3<2 ParallelStateStarted",
                "4<3 PassStateEntered", "5<4 ExecutionFailed",
            ])
        let prefix = "An error occurred while executing the state 'Fast' (entered at the event id #4). "
        #expect(scenario.error?.cause?.hasPrefix(prefix) == true)
    }
}
