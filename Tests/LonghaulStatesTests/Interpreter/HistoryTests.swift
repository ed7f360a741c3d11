import LonghaulJSON
import LonghaulStates
import Testing

struct HistoryTests {
    @Test func eventsAreReadAsTheyWereWritten() throws {
        let failure = StateError(name: "E", cause: "C")
        let action = ServiceAction(service: "lambda", action: "invoke")
        let text = JSONText(validated: Array(#"{"a":1}"#.utf8))
        let details: [(HistoryEventType, HistoryDetails?)] = [
            (
                .executionStarted,
                .started(ExecutionStart(input: text, roleARN: "r", versionARN: "v", aliasARN: "a"))
            ),
            (.executionSucceeded, .output(text)), (.executionFailed, .failure(failure)),
            (.passStateEntered, .entered(name: "n", input: text)), (.taskStarted, .task(action)),
            (.taskSucceeded, .taskOutput(action, text)), (.taskFailed, .taskFailure(action, failure)),
            (.mapStateStarted, .length(3)), (.mapIterationStarted, .iteration(name: "n", index: 2)),
            (.mapRunStarted, .mapRun(arn: "m")), (.mapRunRedriven, .mapRunRedriven(arn: "m", count: 2)),
            (.executionRedriven, .redriven(count: 1)), (.activityStarted, .activityStarted(worker: "w")),
            (.evaluationFailed, .evaluation(failure, location: "Output", state: "n")),
            (.lambdaFunctionStarted, nil),
        ]
        for (index, (type, details)) in details.enumerated() {
            let event = HistoryEvent(
                id: index + 1, previousID: index, time: 1_700_000_000_123, type: type, details: details)
            var writer = JSONWriter()
            writer.element(event)
            let node = try JSONDocument(parsing: writer.bytes).root
            #expect(HistoryEvent(node) == event)
        }
    }

    @Test func eventsAreWrittenAsAWSWritesThem() throws {
        var scenario = try Scenario(
            #"""
            {"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Pass", "End": true,
                "Assign": {"b": "{% 'x' %}"}}}}
            """#)
        try scenario.start()
        var writer = JSONWriter()
        writer.element(scenario.history[2])
        #expect(
            writer.text.description
                == #"""
                {"timestamp":1700000000.001,"type":"PassStateExited","id":3,"previousEventId":2,
                "stateExitedEventDetails":{"name":"A","output":"{}","outputDetails":{"truncated":false},
                "assignedVariables":{"b":"\"x\""},"assignedVariablesDetails":{"truncated":false}}}
                """#.split(separator: "\n").joined())
        var bare = JSONWriter()
        scenario.history[2].write(to: &bare, includingData: false)
        #expect(bare.text.description.contains(#""stateExitedEventDetails":{"name":"A"}"#))
    }

    @Test func longCausesAreCut() throws {
        var scenario = try Scenario(taskMachine())
        try scenario.start()
        try scenario.fail(1, String(repeating: "n", count: 300), String(repeating: "c", count: 40_000))
        #expect(scenario.error?.name?.count == 256)
        #expect(scenario.error?.cause?.count == 32_768)
    }
}
