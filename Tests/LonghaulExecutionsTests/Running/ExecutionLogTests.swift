import LonghaulCore
import LonghaulEngine
import LonghaulExecutions
import LonghaulJSON
import LonghaulStates
import LonghaulWorker
import Testing

/// The logs of executions, as `loggingConfiguration` asks for them.
struct ExecutionLogTests {
    private static let caught = #"""
        {"StartAt": "A", "States": {
          "A": {"Type": "Task", "Resource": "\#(RunnerTests.function)f", "Next": "B",
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}]},
          "B": {"Type": "Fail", "Error": "E"}}}
        """#

    private func test(_ logging: StateValue, _ definition: String = caught) async throws -> (
        ExecutionTest, String
    ) {
        let test = ExecutionTest()
        test.handle("f") { _ in throw JobFailure(type: "Boom", message: "no luck") }
        let machine = try await test.create("m", definition, logging: logging)
        let arn = try await test.start(machine, input: #"{"a": 1}"#)
        try await test.run()
        return (test, arn)
    }

    private static func logging(_ level: String, data: Bool = false) -> StateValue {
        let group = StateValue.members([
            ("logGroupArn", .string("arn:aws:logs:us-east-1:000000000000:log-group:g:*"))
        ])
        return .members([
            ("level", .string(level)), ("includeExecutionData", .bool(data)),
            ("destinations", .array([.members([("cloudWatchLogsLogGroup", group)])])),
        ])
    }

    private func types(_ lines: [StoredLogLine]) throws -> [String] {
        try lines.map { try StateValue(parsing: $0.line.message)["type"]?.string ?? "" }
    }

    @Test func levelAllLogsEachEvent() async throws {
        let (test, arn) = try await test(Self.logging("ALL"))
        #expect(try types(try await test.log(arn)) == (try await test.types(arn)))
    }

    @Test(arguments: [
        ("ERROR", ["LambdaFunctionFailed", "FailStateEntered", "ExecutionFailed"]),
        ("FATAL", ["ExecutionFailed"]),
        ("OFF", []),
    ])
    func otherLevelsLogErrors(_ level: String, _ expected: [String]) async throws {
        let (test, arn) = try await test(Self.logging(level))
        let lines = try await test.log(arn)
        #expect(try types(lines) == expected)
        #expect(lines.allSatisfy { $0.line.level == .error })
    }

    @Test func linesHaveTheFormOfAWS() async throws {
        let (test, arn) = try await test(Self.logging("ALL", data: true))
        let lines = try await test.log(arn)
        let time = "\(test.clock.now().milliseconds)"
        #expect(lines.map(\.number) == lines.indices.map { Int64($0 + 1) })
        #expect(lines[0].line.level == .info && lines[0].line.at == test.clock.now())
        #expect(
            lines[0].line.message
                == #"""
                {"id":"1","type":"ExecutionStarted","details":{"input":"{\"a\": 1}",
                "inputDetails":{"truncated":false},"roleArn":"arn:aws:iam::000000000000:role/any"},
                "previous_event_id":"0","event_timestamp":"\#(time)","execution_arn":"\#(arn)","redrive_count":"0"}
                """#.split(separator: "\n").joined())
    }

    @Test func dataIsLeftOutUnlessItIsAskedFor() async throws {
        let machine = #"""
            {"StartAt": "A", "States": {"A": {"Type": "Task", "End": true,
              "Resource": "arn:aws:states:::longhaul:job",
              "Parameters": {"kind": "f", "payload": {"secret.$": "$.a"}}, "Assign": {"copy.$": "$.secret"}}}}
            """#
        let test = ExecutionTest()
        test.handle("f") { job in JSONText(validated: job.spec.payload.bytes) }
        for hasData in [false, true] {
            let name = "m-\(hasData)"
            let arn = try await test.start(
                try await test.create(name, machine, logging: Self.logging("ALL", data: hasData)),
                input: #"{"a": "hidden"}"#)
            try await test.run()
            let lines = try await test.log(arn)
            #expect(lines.count == (try await test.types(arn)).count)
            #expect(lines.contains { $0.line.message.contains("hidden") } == hasData)
        }
    }

    @Test func redriveCountIsLogged() async throws {
        let (test, arn) = try await test(Self.logging("FATAL"))
        try await test.call("RedriveExecution", [("executionArn", .string(arn))])
        try await test.run()
        let counts = try await test.log(arn).map { try StateValue(parsing: $0.line.message)["redrive_count"] }
        #expect(counts == [.string("0"), .string("1")])
    }

    /// Lines are stored with the events: no crash repeats or loses one.
    @Test(arguments: 1...8) func crashesNeitherLoseNorRepeatLines(_ call: Int) async throws {
        let test = ExecutionTest()
        test.handle("f") { _ in throw JobFailure(type: "Boom", message: "no luck") }
        let machine = try await test.create("m", Self.caught, logging: Self.logging("ALL"))
        test.crashes.plan(before: [call], after: [call + 1])
        let arn = try await test.start(machine)
        try await test.run()
        #expect(try types(try await test.log(arn)) == (try await test.types(arn)))
    }

    @Test func expressExecutionsLogToTheServer() async throws {
        let test = ExecutionTest()
        let machine = try await test.create(
            "m", #"{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}"#, type: "EXPRESS",
            logging: Self.logging("ALL"))
        let output = try await test.call("StartSyncExecution", [("stateMachineArn", .string(machine))])
        let events = try test.notes.map { try StateValue(parsing: $0.message) }
        #expect(
            events.map { $0["type"]?.string } == [
                "ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded",
            ])
        #expect(events.allSatisfy { $0["execution_arn"] == output["executionArn"] })
    }
}
