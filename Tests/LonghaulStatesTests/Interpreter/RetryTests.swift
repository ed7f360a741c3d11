import LonghaulJSON
import LonghaulStates
import Testing

struct RetryTests {
    @Test func delaysGrowUpToTheirMaximum() throws {
        let retry = #"""
            "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 2, "BackoffRate": 3, "MaxAttempts": 4,
                "MaxDelaySeconds": 20}]
            """#
        var scenario = try Scenario(taskMachine(retry))
        try scenario.start()
        var delays: [Int64] = []
        for task in 1...4 {
            try scenario.fail(task, "Busy")
            delays.append(try #require(scenario.delay))
            try scenario.fireTimer()
            #expect(scenario.tasks.map(\.retryCount) == [task])
        }
        #expect(delays == [2000, 6000, 18_000, 20_000])
        try scenario.fail(5, "Busy", "still busy")
        #expect(scenario.error == StateError(name: "Busy", cause: "still busy"))
    }

    @Test func retriersCountTheirOwnAttempts() throws {
        let retry = #"""
            "Retry": [{"ErrorEquals": ["A"], "MaxAttempts": 1}, {"ErrorEquals": ["B"], "MaxAttempts": 2}]
            """#
        var scenario = try Scenario(taskMachine(retry))
        try scenario.start()
        for (task, error) in ["A", "B", "B"].enumerated() {
            try scenario.fail(task + 1, error)
            try scenario.fireTimer()
        }
        try scenario.fail(4, "A")
        #expect(scenario.error?.name == "A")
    }

    @Test func defaultsAreThreeAttemptsFromOneSecond() throws {
        var scenario = try Scenario(taskMachine(#""Retry": [{"ErrorEquals": ["States.ALL"]}]"#))
        try scenario.start()
        var delays: [Int64] = []
        for task in 1...3 {
            try scenario.fail(task, "Any")
            delays.append(try #require(scenario.delay))
            try scenario.fireTimer()
        }
        #expect(delays == [1000, 2000, 4000])
        try scenario.fail(4, "Any")
        #expect(scenario.end?.status == .failed)
    }

    @Test func fullJitterIsAPartOfTheDelay() throws {
        let retry = #"""
            "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 10, "BackoffRate": 1,
                "MaxAttempts": 20, "JitterStrategy": "FULL"}]
            """#
        var scenario = try Scenario(taskMachine(retry))
        try scenario.start()
        var delays: Set<Int64> = []
        for task in 1...20 {
            try scenario.fail(task, "Busy")
            let delay = try #require(scenario.delay)
            #expect((0...10_000).contains(delay))
            delays.insert(delay)
            try scenario.fireTimer()
        }
        #expect(delays.count > 10)
    }

    @Test func aRetryHasNoEventOfItsOwn() throws {
        var scenario = try Scenario(taskMachine(#""Retry": [{"ErrorEquals": ["States.TaskFailed"]}]"#))
        try scenario.start()
        try scenario.report(1, .started(worker: nil))
        try scenario.fail(1, "Busy")
        try scenario.fireTimer()
        #expect(scenario.lines.suffix(2) == ["5<4 TaskFailed", "6<5 TaskScheduled"])
    }

    @Test func taskFailedDoesNotMatchTimeouts() throws {
        let fields = #""TimeoutSeconds": 5, "Retry": [{"ErrorEquals": ["States.TaskFailed"]}]"#
        var scenario = try Scenario(taskMachine(fields))
        try scenario.start()
        try scenario.report(1, .started(worker: nil))
        try scenario.fireTimer()
        #expect(scenario.error == StateError(name: "States.Timeout", cause: nil))
        #expect(scenario.cancelledTasks == [1])
    }

    @Test func retryCountIsInTheContext() throws {
        let fields = #"""
            "Parameters": {"attempt.$": "$$.State.RetryCount"}, "Retry": [{"ErrorEquals": ["States.ALL"]}]
            """#
        var scenario = try Scenario(taskMachine(fields))
        try scenario.start()
        #expect(scenario.tasks.map(\.parameters.description) == [#"{"attempt":0}"#])
        try scenario.fail(1, "Busy")
        try scenario.fireTimer()
        #expect(scenario.tasks.map(\.parameters.description) == [#"{"attempt":1}"#])
    }

    @Test func reportsOnOldAttemptsChangeNothing() throws {
        var scenario = try Scenario(taskMachine(#""Retry": [{"ErrorEquals": ["States.ALL"]}]"#))
        try scenario.start()
        try scenario.fail(1, "Busy")
        let count = scenario.history.count
        try scenario.succeed(1, "{}")
        #expect(scenario.history.count == count)
        #expect(scenario.commands.isEmpty)
    }
}
