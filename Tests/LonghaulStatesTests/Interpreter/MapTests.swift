import LonghaulJSON
import LonghaulStates
import Testing

struct MapTests {
    private static func machine(_ fields: String) -> String {
        """
        {"StartAt": "Each", "States": {
            "Each": {"Type": "Map", \(fields), "End": true,
                "ItemProcessor": {"StartAt": "Work", "States": {"Work": {"Type": "Task",
                    "Resource": "arn:aws:states:::lambda:invoke", "End": true}}}}}}
        """
    }

    @Test func iterationsRunAsManyAtATimeAsAllowed() throws {
        var scenario = try Scenario(MapTests.machine(#""MaxConcurrency": 2"#), input: "[1, 2, 3]")
        try scenario.start()
        #expect(scenario.tasks.map(\.parameters.description) == ["1", "2"])
        try scenario.succeed(2, "20")
        #expect(scenario.tasks.map(\.parameters.description) == ["3"])
        #expect(scenario.snapshot.activeStates.map(\.entryEvent) == [2, 6, 14])
        try scenario.succeed(3, "30")
        #expect(scenario.tasks.isEmpty)
        try scenario.succeed(1, "10")
        #expect(scenario.output == "[10,20,30]")
    }

    @Test func anEmptyMapSucceedsAtOnce() throws {
        var scenario = try Scenario(MapTests.machine(#""MaxConcurrency": 2"#), input: "[]")
        try scenario.start()
        #expect(scenario.output == "[]")
        #expect(
            scenario.lines == [
                "1<0 ExecutionStarted", "2<0 MapStateEntered", "3<2 MapStateStarted",
                "4<3 MapStateSucceeded", "5<3 MapStateExited", "6<5 ExecutionSucceeded",
            ])
    }

    @Test func concurrencyHasALimitOfItsOwn() throws {
        let settings = InterpreterSettings(maxInlineConcurrency: 3)
        var scenario = try Scenario(
            MapTests.machine(#""MaxConcurrency": 0"#), input: "[1, 2, 3, 4]", settings: settings)
        try scenario.start()
        #expect(scenario.tasks.count == 3)
    }

    @Test func selectorsReadTheItemAndTheInput() throws {
        let fields = #"""
            "ItemsPath": "$.items",
            "ItemSelector": {"at.$": "$$.Map.Item.Index", "value.$": "$$.Map.Item.Value", "of.$": "$.name"}
            """#
        var scenario = try Scenario(
            MapTests.machine(fields), input: #"{"name": "n", "items": ["a", "b"]}"#)
        try scenario.start()
        let inputs = try scenario.tasks.map { try StateValue($0.parameters) }
        #expect(
            inputs == [
                try StateValue(parsing: #"{"at": 0, "value": "a", "of": "n"}"#),
                try StateValue(parsing: #"{"at": 1, "value": "b", "of": "n"}"#),
            ])
    }

    @Test func aFailedIterationStopsTheOthersAndCanBeRetried() throws {
        let fields = #""Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}]"#
        var scenario = try Scenario(MapTests.machine(fields), input: "[1, 2]")
        try scenario.start()
        try scenario.fail(2, "Broken")
        #expect(scenario.cancelledTasks == [1])
        #expect(
            scenario.lines.suffix(5) == [
                "10<9 TaskFailed", "11<10 MapIterationFailed", "12<10 TaskStateAborted",
                "13<10 MapIterationAborted", "14<10 TaskStateAborted",
            ])
        try scenario.fireTimer()
        #expect(scenario.lines.suffix(7).first == "15<10 MapStateStarted")
        for task in scenario.tasks { try scenario.succeed(task.id, "0") }
        #expect(scenario.output == "[0,0]")
    }

    @Test func aMapOfNoArrayFails() throws {
        var scenario = try Scenario(MapTests.machine(#""ItemsPath": "$.items""#), input: #"{"items": 1}"#)
        try scenario.start()
        #expect(scenario.error?.name == "States.Runtime")
        #expect(scenario.error?.cause?.contains(#"Reference path "$.items" must point to array."#) == true)
    }

    @Test func innerStatesSeeTheirItem() throws {
        let machine = #"""
            {"QueryLanguage": "JSONata", "StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true,
                "Items": ["a", "b"], "ItemProcessor": {"StartAt": "Show", "States": {"Show": {"Type": "Pass",
                    "Output": "{% $string($states.context.Map.Item.Index) & $states.input %}", "End": true}}}}}}
            """#
        var scenario = try Scenario(machine)
        try scenario.start()
        #expect(scenario.output == #"["0a","1b"]"#)
    }
}
