import LonghaulJSON
import LonghaulStates
import Testing

struct RedriveTests {
    @Test func theFailedStateRunsAgain() throws {
        var scenario = try Scenario(taskMachine(#""Retry": [{"ErrorEquals": ["A"], "MaxAttempts": 1}]"#))
        try scenario.start()
        try scenario.fail(1, "A")
        try scenario.fireTimer()
        try scenario.fail(2, "A")
        #expect(scenario.end?.status == .failed)
        try scenario.step([.redriven])
        #expect(scenario.snapshot.status == .running)
        #expect(scenario.lines.suffix(2) == ["8<7 ExecutionRedriven", "9<8 TaskScheduled"])
        // The attempts of the retrier begin again.
        try scenario.fail(3, "A")
        try scenario.fireTimer()
        try scenario.succeed(4, "1")
        #expect(scenario.output == "1")
        #expect(scenario.snapshot.redriveCount == 1)
    }

    @Test func branchesThatSucceededKeepTheirResults() throws {
        let machine = #"""
            {"StartAt": "Both", "States": {"Both": {"Type": "Parallel", "End": true, "Branches": [
                {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
                    "End": true}}},
                {"StartAt": "B", "States": {"B": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
                    "End": true}}},
                {"StartAt": "C", "States": {"C": {"Type": "Wait", "Seconds": 5, "End": true}}}]}}}
            """#
        var scenario = try Scenario(machine, input: "0")
        try scenario.start()
        try scenario.succeed(1, "\"a\"")
        try scenario.fail(2, "Broken")
        #expect(scenario.end?.status == .failed)
        try scenario.step([.redriven])
        #expect(scenario.tasks.map(\.state) == ["B"])
        #expect(scenario.delay == 5000)
        let timer = try #require(scenario.timers.first)
        try scenario.succeed(3, "\"b\"")
        try scenario.step([.timer(id: timer.id)], after: 5000)
        #expect(scenario.output == #"["a","b",0]"#)
    }

    @Test func iterationsThatSucceededKeepTheirResults() throws {
        let machine = #"""
            {"StartAt": "Each", "States": {"Each": {"Type": "Map", "MaxConcurrency": 1, "End": true,
                "ItemProcessor": {"StartAt": "Work", "States": {"Work": {"Type": "Task",
                    "Resource": "arn:aws:states:::lambda:invoke", "End": true}}}}}}
            """#
        var scenario = try Scenario(machine, input: "[1, 2, 3]")
        try scenario.start()
        try scenario.succeed(1, "10")
        try scenario.fail(2, "Broken")
        try scenario.step([.redriven])
        #expect(scenario.tasks.map(\.parameters.description) == ["2"])
        try scenario.succeed(3, "20")
        try scenario.succeed(4, "30")
        #expect(scenario.output == "[10,20,30]")
    }

    @Test func childrenThatFailedAreRedriven() throws {
        let machine = #"""
            {"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true,
                "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                    "StartAt": "Work", "States": {"Work": {"Type": "Pass", "End": true}}}}}}
            """#
        var scenario = try Scenario(machine, input: "[1, 2]")
        try scenario.start()
        try scenario.step([.mapRun(id: 0, .childEnded(index: 1, .succeeded(output: .null)))])
        try scenario.step([.mapRun(id: 0, .childEnded(index: 0, .failed))])
        #expect(scenario.end?.status == .failed)
        try scenario.step([.redriven])
        #expect(scenario.commands == [.redriveMapRun(id: 0)])
        #expect(scenario.types.suffix(2) == [.executionRedriven, .mapRunRedriven])
        try scenario.step([.mapRun(id: 0, .childEnded(index: 0, .succeeded(output: .null)))])
        #expect(scenario.output == "[null,null]")
    }

    @Test func itemsThatCouldNotBeReadAreReadAgain() throws {
        let machine = #"""
            {"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true,
                "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "b"}},
                "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                    "StartAt": "Work", "States": {"Work": {"Type": "Pass", "End": true}}}}}}
            """#
        var scenario = try Scenario(machine)
        try scenario.start()
        try scenario.step([.mapRun(id: 0, .readFailed(cause: "away"))])
        #expect(scenario.end?.status == .failed)
        try scenario.step([.redriven])
        #expect(scenario.commands.contains { if case .readItems = $0 { true } else { false } })
        try scenario.step([.mapRun(id: 0, .items([], isLast: true))])
        #expect(scenario.output == "[]")
    }

    @Test func executionsThatSucceededAreNotRedriven() throws {
        var scenario = try Scenario(taskMachine())
        try scenario.start()
        try scenario.succeed(1, "1")
        let count = scenario.history.count
        try scenario.step([.redriven])
        #expect(scenario.history.count == count)
    }
}
