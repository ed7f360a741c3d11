import LonghaulCore
import LonghaulExecutions
import LonghaulJSON
import LonghaulStates
import LonghaulTestSupport
import LonghaulWorker
import Testing

/// The operations of executions.
struct ExecutionOperationTests {
    private static let wait =
        #"{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 100, "End": true}}}"#
    private static let fail = #"{"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "E"}}}"#

    private func error(_ call: () async throws -> Void) async throws -> String? {
        do {
            try await call()
            return nil
        } catch let error as ServiceError {
            return error.type
        }
    }

    @Test func startIsIdempotentByNameAndInput() async throws {
        let test = ExecutionTest()
        let machine = try await test.create("m", Self.wait)
        let first = try await test.start(machine, input: "{}", name: "n")
        #expect(try await test.start(machine, input: "{}", name: "n") == first)
        #expect(
            try await error { _ = try await test.start(machine, input: "[]", name: "n") }
                == "ExecutionAlreadyExists")
        try await test.run()
        #expect(
            try await error { _ = try await test.start(machine, input: "{}", name: "n") }
                == "ExecutionAlreadyExists")
    }

    @Test func invalidStartsAreRefused() async throws {
        let test = ExecutionTest()
        let machine = try await test.create("m", Self.wait)
        #expect(try await error { _ = try await test.start(machine, input: "{") } == "InvalidExecutionInput")
        #expect(try await error { _ = try await test.start(machine, name: "a b") } == "InvalidName")
        #expect(
            try await error {
                _ = try await test.start("arn:aws:states:us-east-1:000000000000:stateMachine:none")
            } == "StateMachineDoesNotExist")
    }

    @Test func openExecutionsAreLimited() async throws {
        var settings = ExecutionSettings()
        settings.executions.openExecutions = 2
        let test = ExecutionTest(settings)
        let machine = try await test.create("m", Self.wait)
        _ = try await test.start(machine)
        _ = try await test.start(machine)
        test.clock.skip(to: test.clock.now().adding(seconds: 2))
        #expect(try await error { _ = try await test.start(machine) } == "ExecutionLimitExceeded")
    }

    /// A server counts the executions that it starts between two counts of the store.
    @Test func startsWithinASecondAreLimited() async throws {
        var settings = ExecutionSettings()
        settings.executions.openExecutions = 2
        let test = ExecutionTest(settings)
        let machine = try await test.create("m", Self.wait)
        _ = try await test.start(machine)
        _ = try await test.start(machine)
        _ = try? await test.start(machine)
        #expect(try await error { _ = try await test.start(machine) } == "ExecutionLimitExceeded")
    }

    @Test func redriveNeedsRoomForAnOpenExecution() async throws {
        var settings = ExecutionSettings()
        settings.executions.openExecutions = 1
        let test = ExecutionTest(settings)
        let failed = try await test.run(Self.fail)
        test.clock.skip(to: test.clock.now().adding(seconds: 2))
        _ = try await test.start(try await test.create("other", Self.wait))
        test.clock.skip(to: test.clock.now().adding(seconds: 2))
        #expect(
            try await error { try await test.call("RedriveExecution", [("executionArn", .string(failed))]) }
                == "ExecutionLimitExceeded")
    }

    private static let endlessLoop =
        #"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": true, "Next": "C"}], "Default": "A"}, "C": {"Type": "Succeed"}}}"#

    @Test func fullHistoryIsNotRedrivable() async throws {
        var settings = ExecutionSettings()
        settings.executions.historyEvents = 20
        let test = ExecutionTest(settings)
        let arn = try await test.run(Self.endlessLoop)
        let description = try await test.describe(arn)
        #expect(description["error"] == .string("States.Runtime"))
        #expect(description["cause"]?.string?.contains("maximum number of history events (20)") == true)
        #expect(description["redriveStatus"] == .string("NOT_REDRIVABLE"))
        #expect(description["redriveStatusReason"] == .string("Execution history event limit exceeded"))
        #expect(
            try await error { try await test.call("RedriveExecution", [("executionArn", .string(arn))]) }
                == "ExecutionNotRedrivable")
    }

    @Test func historiesAreReadInPagesAndBackwards() async throws {
        let test = ExecutionTest()
        let arn = try await test.run(Self.wait)
        let all = try await test.history(arn)
        var pages: [StateValue] = []
        var token: StateValue?
        repeat {
            var members: [(String, StateValue)] = [
                ("executionArn", .string(arn)), ("maxResults", .integer(2)), ("reverseOrder", .bool(true)),
                ("includeExecutionData", .bool(false)),
            ]
            if let token { members.append(("nextToken", token)) }
            let page = try await test.call("GetExecutionHistory", members)
            pages += page["events"]?.array ?? []
            token = page["nextToken"]
        } while token != nil
        #expect(pages.map { $0["id"] } == all.map { $0["id"] }.reversed())
        #expect(pages.allSatisfy { $0["stateEnteredEventDetails"]?["input"] == nil })
    }

    @Test func executionsAreListedByStatusInPages() async throws {
        let test = ExecutionTest()
        let machine = try await test.create("m", Self.wait)
        var started: [String] = []
        for _ in 0..<5 { started.append(try await test.start(machine)) }
        try await test.run()
        let running = try await test.start(machine)
        try await test.runReady()
        func list(_ members: [(String, StateValue)]) async throws -> ([String?], StateValue?) {
            let page = try await test.call(
                "ListExecutions", [("stateMachineArn", .string(machine))] + members)
            return ((page["executions"]?.array ?? []).map { $0["executionArn"]?.string }, page["nextToken"])
        }
        #expect(try await list([("statusFilter", .string("RUNNING"))]).0 == [running])
        let (first, token) = try await list(
            [("statusFilter", .string("SUCCEEDED")), ("maxResults", .integer(3))])
        #expect(first == started.reversed().prefix(3).map { $0 })
        let (rest, _) = try await list(
            [
                ("statusFilter", .string("SUCCEEDED")), ("maxResults", .integer(3)),
                ("nextToken", try #require(token)),
            ])
        #expect(rest == started.reversed().dropFirst(3).map { $0 })
        #expect(try await list([("statusFilter", .string("FAILED"))]).0.isEmpty)
    }

    /// A filter that matches nothing must not read all executions in one call.
    @Test func pageOfAListReadsABoundedNumberOfExecutions() async throws {
        var settings = ExecutionSettings()
        settings.executions.readsPerPage = 2
        let test = ExecutionTest(settings)
        let machine = try await test.create("m", Self.wait)
        for _ in 0..<5 { _ = try await test.start(machine) }
        try await test.run()
        func page(_ members: [(String, StateValue)]) async throws -> StateObject {
            try await test.call("ListExecutions", [("stateMachineArn", .string(machine))] + members)
        }
        let redriven: (String, StateValue) = ("redriveFilter", .string("REDRIVEN"))
        var pages = 0
        var token: StateValue?
        repeat {
            let found = try await page([redriven] + (token.map { [("nextToken", $0)] } ?? []))
            #expect(found["executions"]?.array?.isEmpty == true)
            token = found["nextToken"]
            pages += 1
        } while token != nil
        #expect(pages == 3)
        #expect(try await page([("statusFilter", .string("PENDING_REDRIVE"))])["nextToken"] == nil)
    }

    @Test func machineTimeoutEndsWithTimedOut() async throws {
        let test = ExecutionTest()
        let arn = try await test.run(
            #"{"TimeoutSeconds": 5, "StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 100, "End": true}}}"#
        )
        #expect(try await test.describe(arn)["status"] == .string("TIMED_OUT"))
        let list = try await test.call(
            "ListExecutions",
            [
                ("stateMachineArn", .string("arn:aws:states:us-east-1:000000000000:stateMachine:m")),
                ("statusFilter", .string("TIMED_OUT")),
            ])
        #expect(list["executions"]?.array?.count == 1)
    }

    @Test func redriveContinuesFromTheFailedState() async throws {
        let test = ExecutionTest()
        let isBroken = Box(true)
        test.handle("f") { _ in
            if isBroken.value { throw JobFailure(type: "E", message: "") }
            return .null
        }
        let arn = try await test.run(
            #"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Task", "Resource": "\#(RunnerTests.function)f", "End": true}}}"#
        )
        #expect(try await test.describe(arn)["status"] == .string("FAILED"))
        isBroken.set(false)
        try await test.call("RedriveExecution", [("executionArn", .string(arn))])
        try await test.run()
        #expect(try await test.describe(arn)["status"] == .string("SUCCEEDED"))
        #expect(try await test.types(arn).filter { $0 == "PassStateEntered" }.count == 1)
        #expect(
            try await error { try await test.call("RedriveExecution", [("executionArn", .string(arn))]) }
                == "ExecutionNotRedrivable")
    }

    @Test func machineOfAnExecutionIsItsRevision() async throws {
        let test = ExecutionTest()
        let machine = try await test.create("m", Self.wait)
        let arn = try await test.start(machine)
        try await test.call(
            "UpdateStateMachine", [("stateMachineArn", .string(machine)), ("definition", .string(Self.fail))])
        let output = try await test.call("DescribeStateMachineForExecution", [("executionArn", .string(arn))])
        #expect(output["definition"] == .string(Self.wait))
        try await test.run()
        #expect(try await test.describe(arn)["status"] == .string("SUCCEEDED"))
    }

    @Test func endlessLoopEndsWithItsHistory() async throws {
        var settings = ExecutionSettings()
        settings.executions.historyEvents = 3000
        let test = ExecutionTest(settings)
        let arn = try await test.run(Self.endlessLoop)
        #expect(try await test.describe(arn)["status"] == .string("FAILED"))
        #expect(try await test.history(arn).count == 3000)
    }

    // MARK: Express

    @Test func synchronousExecutionAnswersWithItsOutput() async throws {
        let test = ExecutionTest()
        let machine = try await test.create(
            "m", #"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": 7, "End": true}}}"#,
            type: "EXPRESS")
        let output = try await test.call("StartSyncExecution", [("stateMachineArn", .string(machine))])
        #expect(output["status"] == .string("SUCCEEDED"))
        #expect(output["output"] == .string("7"))
    }

    @Test func expressExecutionRunsJobs() async throws {
        let test = ExecutionTest()
        test.handle("f") { _ in JSONText(validated: Array("8".utf8)) }
        let machine = try await test.create(
            "m",
            #"{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "\#(RunnerTests.function)f", "End": true}}}"#,
            type: "EXPRESS")
        async let output = test.call("StartSyncExecution", [("stateMachineArn", .string(machine))])
        let isDone = Box(false)
        let worker = Task {
            while !isDone.value {
                try await test.runReady()
                try await Task.sleep(for: .milliseconds(1))
            }
        }
        #expect(try await output["output"] == .string("8"))
        isDone.set(true)
        try await worker.value
    }

    @Test func expressExecutionsHaveALimit() async throws {
        var settings = ExecutionSettings()
        settings.executions.expressExecutions = 0
        let test = ExecutionTest(settings)
        let machine = try await test.create(
            "m", #"{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}"#, type: "EXPRESS")
        let error = await #expect(throws: ServiceError.self) {
            try await test.call("StartSyncExecution", [("stateMachineArn", .string(machine))])
        }
        #expect(error?.type == "ExecutionLimitExceeded")
    }

    /// Waits until an Express execution of the machine `m` has begun, so that its time counts from now.
    private func expressStart(_ test: ExecutionTest) async throws {
        let started = #"longhaul_executions_started_total{machine="m",type="express"} 1"#
        try await eventually("the execution has begun") { test.metrics.contains(started) }
    }

    /// An Express execution may have any number of events, as on AWS. It ends after five minutes, also if it never waits.
    @Test func endlessExpressExecutionTimesOut() async throws {
        var settings = ExecutionSettings()
        settings.executions.historyEvents = 10
        let test = ExecutionTest(settings)
        let machine = try await test.create(
            "m",
            #"{"StartAt": "A", "States": {"A": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": true, "Next": "C"}], "Default": "A"}, "C": {"Type": "Succeed"}}}"#,
            type: "EXPRESS")
        async let output = test.call("StartSyncExecution", [("stateMachineArn", .string(machine))])
        let clock = test.clock
        try await expressStart(test)
        clock.skip(to: clock.now().adding(seconds: 299))
        for _ in 0..<10 { await Task.yield() }
        #expect(test.metrics.contains("longhaul_express_executions 1"))
        clock.skip(to: clock.now().adding(seconds: 1))
        #expect(try await output["status"] == .string("TIMED_OUT"))
        #expect(try await output["error"] == .string("States.Timeout"))
        let ended = #"longhaul_executions_finished_total{machine="m",type="express",outcome="timed_out"} 1"#
        #expect(test.metrics.contains(ended))
    }

    @Test func waitingExpressExecutionTimesOut() async throws {
        let test = ExecutionTest()
        let machine = try await test.create(
            "m", #"{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 1000, "End": true}}}"#,
            type: "EXPRESS")
        async let output = test.call("StartSyncExecution", [("stateMachineArn", .string(machine))])
        try await expressStart(test)
        test.clock.skip(to: test.clock.now().adding(seconds: 301))
        #expect(try await output["status"] == .string("TIMED_OUT"))
    }
}
