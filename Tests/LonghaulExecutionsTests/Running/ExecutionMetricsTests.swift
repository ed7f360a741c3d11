import LonghaulCore
import LonghaulEngine
import LonghaulExecutions
import LonghaulStates
import LonghaulWorker
import Testing

/// The metrics of executions, by machine.
struct ExecutionMetricsTests {
    private static let pass =
        #"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Succeed"}}}"#
    private static let fail = #"{"StartAt": "A", "States": {"A": {"Type": "Fail"}}}"#
    private static let wait =
        #"{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 60, "End": true}}}"#

    @Test func executionsAreCountedByMachineAndOutcome() async throws {
        let test = ExecutionTest()
        _ = try await test.run(Self.pass, name: "good")
        _ = try await test.run(Self.fail, name: "bad")
        _ = try await test.run(
            #"{"TimeoutSeconds": 5, "StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 60, "End": true}}}"#,
            name: "late")
        let stopped = try await test.start(try await test.create("stopped", Self.wait))
        try await test.runReady()
        try await test.stop(stopped)
        for line in [
            #"longhaul_executions_started_total{machine="good",type="standard"} 1"#,
            #"longhaul_executions_finished_total{machine="good",type="standard",outcome="succeeded"} 1"#,
            #"longhaul_executions_finished_total{machine="good",type="standard",outcome="failed"} 0"#,
            #"longhaul_state_transitions_total{machine="good",type="standard"} 2"#,
            #"longhaul_execution_seconds_count{machine="good",type="standard"} 1"#,
            #"longhaul_executions_finished_total{machine="bad",type="standard",outcome="failed"} 1"#,
            #"longhaul_executions_finished_total{machine="late",type="standard",outcome="timed_out"} 1"#,
            #"longhaul_execution_seconds_sum{machine="late",type="standard"} 5"#,
            #"longhaul_executions_finished_total{machine="stopped",type="standard",outcome="aborted"} 1"#,
        ] { #expect(test.metrics.contains(line), "\(line)") }
    }

    @Test func redrivesAreCounted() async throws {
        let test = ExecutionTest()
        let arn = try await test.run(Self.fail)
        try await test.call("RedriveExecution", [("executionArn", .string(arn))])
        try await test.run()
        for line in [
            #"longhaul_executions_started_total{machine="m",type="standard"} 1"#,
            #"longhaul_executions_redriven_total{machine="m",type="standard"} 1"#,
            #"longhaul_executions_finished_total{machine="m",type="standard",outcome="failed"} 2"#,
        ] { #expect(test.metrics.contains(line), "\(line)") }
    }

    @Test func expressExecutionsAreCounted() async throws {
        let test = ExecutionTest()
        let machine = try await test.create("quick", Self.pass, type: "EXPRESS")
        try await test.call("StartSyncExecution", [("stateMachineArn", .string(machine))])
        for line in [
            #"longhaul_executions_started_total{machine="quick",type="express"} 1"#,
            #"longhaul_executions_finished_total{machine="quick",type="express",outcome="succeeded"} 1"#,
            #"longhaul_state_transitions_total{machine="quick",type="express"} 2"#,
            "longhaul_express_executions 0",
        ] { #expect(test.metrics.contains(line), "\(line)") }
    }

    /// A map without a label makes one up for each run. It must not use up the labels of the metrics.
    @Test(arguments: [(#""Label": "each","#, "each"), ("", "M")])
    func childrenAreCountedByTheirMap(_ label: String, _ name: String) async throws {
        let test = ExecutionTest()
        let processor =
            #""ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, "StartAt": "B", "States": {"B": {"Type": "Pass", "End": true}}}"#
        _ = try await test.run(
            #"{"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, \#(label) \#(processor)}}}"#,
            input: "[1, 2, 3]")
        let series = "longhaul_executions_finished_total"
        #expect(
            test.metrics.contains(#"\#(series){machine="m/\#(name)",type="express",outcome="succeeded"} 3"#))
        #expect(test.metrics.contains(#"\#(series){machine="m",type="standard",outcome="succeeded"} 1"#))
    }

    @Test func serversOverAStoreCountEachExecutionOnce() async throws {
        let test = ExecutionTest()
        let machine = try await test.create("m", Self.wait)
        for _ in 0..<4 { _ = try await test.start(machine) }
        try await test.runReady()
        test.changeServer()
        try await test.run()
        #expect(test.sum(#"longhaul_executions_started_total{machine="m",type="standard"}"#) == 4)
        #expect(test.sum(#"longhaul_state_transitions_total{machine="m",type="standard"}"#) == 4)
        #expect(
            test.sum(#"longhaul_executions_finished_total{machine="m",type="standard",outcome="succeeded"}"#)
                == 4)
    }

    @Test func machinesBeyondTheBoundShareALabel() async throws {
        let test = ExecutionTest(metricsLabels: 2)
        for name in ["a", "b", "c", "d"] { _ = try await test.run(Self.pass, name: name) }
        #expect(test.metrics.contains(#"longhaul_executions_started_total{machine="b",type="standard"} 1"#))
        #expect(
            test.metrics.contains(#"longhaul_executions_started_total{machine="other",type="standard"} 2"#))
        test.clock.skip(to: test.clock.now().adding(seconds: 7200))
        _ = try await test.run(Self.pass, name: "e")
        #expect(test.metrics.contains(#"longhaul_executions_started_total{machine="e",type="standard"} 1"#))
        #expect(!test.metrics.contains { $0.contains(#"machine="b""#) })
    }
}
