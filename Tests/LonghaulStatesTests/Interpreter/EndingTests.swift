import LonghaulJSON
import LonghaulStates
import Testing

struct EndingTests {
    @Test func theMachineTimesOut() throws {
        let machine = #"""
            {"TimeoutSeconds": 10, "StartAt": "Wait", "States": {
                "Wait": {"Type": "Wait", "Seconds": 60, "End": true}}}
            """#
        var scenario = try Scenario(machine)
        try scenario.start()
        let timer = try #require(scenario.timers.min { $0.time < $1.time })
        #expect(timer.time == scenario.time + 10_000)
        try scenario.step([.timer(id: timer.id)], after: 10_000)
        #expect(scenario.end == .timedOut(StateError(name: "States.Timeout", cause: nil)))
        #expect(scenario.lines.last == "3<0 ExecutionTimedOut")
    }

    @Test(arguments: [(0, 300), (10, 10), (1000, 300)])
    func expressExecutionsTimeOut(_ own: Int, _ expected: Int64) throws {
        let field = own > 0 ? #""TimeoutSeconds": \#(own),"# : ""
        var scenario = try Scenario(
            #"{\#(field) "StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 5000, "End": true}}}"#,
            isExpress: true)
        try scenario.start()
        let timer = try #require(scenario.timers.min { $0.time < $1.time })
        #expect(timer.time == scenario.time + expected * 1000)
        try scenario.step([.timer(id: timer.id)], after: expected * 1000)
        #expect(scenario.end == .timedOut(StateError(name: "States.Timeout", cause: nil)))
    }

    @Test func aCallerStopsTheExecution() throws {
        var scenario = try Scenario(taskMachine())
        try scenario.start()
        try scenario.step([.aborted(StateError(name: "Stop", cause: "by hand"))])
        #expect(scenario.cancelledTasks == [1])
        #expect(scenario.lines.last == "4<0 ExecutionAborted")
        try scenario.succeed(1, "{}")
        #expect(scenario.types.last == .executionAborted)
    }

    @Test func heartbeatsKeepATaskAlive() throws {
        var scenario = try Scenario(taskMachine(#""HeartbeatSeconds": 5"#))
        try scenario.start()
        try scenario.report(1, .started(worker: nil))
        let first = try #require(scenario.timers.first)
        try scenario.step([.task(id: 1, .heartbeat)], after: 4000)
        try scenario.step([.timer(id: first.id)], after: 1000)
        #expect(scenario.end == nil)
        #expect(scenario.delay == 4000)
        try scenario.fireTimer()
        #expect(scenario.error == StateError(name: "States.Timeout", cause: nil))
    }

    @Test func timeLimitsBeginWithTheTask() throws {
        var scenario = try Scenario(taskMachine(#""TimeoutSeconds": 5"#))
        try scenario.start()
        #expect(scenario.timers.isEmpty)
        try scenario.report(1, .started(worker: nil))
        #expect(scenario.delay == 5000)
        try scenario.succeed(1, "{}")
        #expect(scenario.commands.contains { if case .cancelTimer = $0 { true } else { false } })
    }

    @Test func waitsEndAtTheirTime() throws {
        let machine = #"""
            {"StartAt": "Wait", "States": {
                "Wait": {"Type": "Wait", "TimestampPath": "$.at", "Next": "Again"},
                "Again": {"Type": "Wait", "SecondsPath": "$.seconds", "End": true}}}
            """#
        var scenario = try Scenario(machine, input: #"{"at": "2023-11-14T22:13:25Z", "seconds": 3}"#)
        try scenario.start()
        #expect(scenario.timers.first?.time == 1_700_000_005_000)
        try scenario.fireTimer()
        #expect(scenario.delay == 3000)
        try scenario.fireTimer()
        #expect(scenario.end?.status == .succeeded)
    }

    @Test func choicesWithoutAMatchFail() throws {
        let machine = #"""
            {"StartAt": "Choose", "States": {
                "Choose": {"Type": "Choice",
                    "Choices": [{"Variable": "$.a", "NumericEquals": 1, "Next": "One"}]},
                "One": {"Type": "Succeed"}}}
            """#
        var scenario = try Scenario(machine, input: #"{"a": 2}"#)
        try scenario.start()
        #expect(scenario.error?.name == "States.Runtime")
        #expect(scenario.error?.cause?.contains("does not point to a next state") == true)
    }

    @Test func callbacksWaitForTheirToken() throws {
        let machine = #"""
            {"StartAt": "Ask", "States": {"Ask": {"Type": "Task", "End": true,
                "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                "Parameters": {"token.$": "$$.Task.Token"}}}}
            """#
        let settings = InterpreterSettings(makeToken: { "token-\($1)" })
        var scenario = try Scenario(machine, settings: settings)
        try scenario.start()
        #expect(scenario.tasks.map(\.token) == ["token-1"])
        #expect(scenario.tasks[0].resource.pattern == .taskToken)
        try scenario.report(1, .started(worker: nil), .submitted(output: .null))
        try scenario.succeed(1, #"{"answer": true}"#)
        #expect(scenario.output == #"{"answer":true}"#)
        #expect(scenario.types[2...5] == [.taskScheduled, .taskStarted, .taskSubmitted, .taskSucceeded])
    }

    @Test func activitiesHaveEventsOfTheirOwn() throws {
        let machine = #"""
            {"StartAt": "Do", "States": {"Do": {"Type": "Task", "End": true,
                "Resource": "arn:aws:states:us-east-1:000000000000:activity:do"}}}
            """#
        var scenario = try Scenario(machine)
        try scenario.start()
        try scenario.report(1, .started(worker: "w1"))
        try scenario.succeed(1, "1")
        #expect(scenario.types[2...4] == [.activityScheduled, .activityStarted, .activitySucceeded])
    }
}
