import LonghaulCore
import LonghaulEngine
import LonghaulExecutions
import LonghaulJSON
import LonghaulStates
import LonghaulWorker
import Synchronization
import Testing

/// The resources of Task states.
struct TaskTests {
    private static func task(_ resource: String, _ fields: String = "") -> String {
        #"{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "\#(resource)", \#(fields) "End": true}}}"#
    }

    private static let job = "arn:aws:states:::longhaul:job"

    // MARK: Jobs

    @Test func invocationWrapsTheResult() async throws {
        let test = ExecutionTest()
        test.handle("f") { job in job.spec.payload }
        let arn = try await test.run(
            Self.task(
                "arn:aws:states:::lambda:invoke",
                #""Parameters": {"FunctionName": "arn:aws:lambda:us-east-1:000000000000:function:f:3", "Payload": {"a": 1}},"#
            ))
        let output = try StateValue(parsing: try await test.describe(arn)["output"]?.string ?? "")
        #expect(output["Payload"] == .members([("a", .integer(1))]))
        #expect(output["StatusCode"] == .integer(200))
    }

    @Test func jobsBelongToTheTraceOfTheExecution() async throws {
        let test = ExecutionTest()
        let seen = Mutex<[String?]>([])
        test.handle("mail") { job in
            seen.withLock { $0.append(job.spec.traceparent) }
            return JSONText(validated: Array("{}".utf8))
        }
        let child = try await test.create(
            "child", Self.task(Self.job, #""Parameters": {"kind": "mail"},"#))
        let parent = try await test.create(
            "parent",
            Self.task(
                "arn:aws:states:::states:startExecution.sync",
                #""Parameters": {"StateMachineArn": "\#(child)", "Input": {}},"#))
        for machine in [child, parent] {
            try await test.call(
                "StartExecution",
                [
                    ("stateMachineArn", .string(machine)),
                    (
                        "traceHeader",
                        .string("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")
                    ),
                ])
            try await test.run()
        }
        let trace = "5759e988bd862e3fe1be46a994272793"
        #expect(seen.withLock { $0.count } == 2)
        #expect(
            seen.withLock { $0 }.allSatisfy {
                TraceContext(traceparent: $0 ?? "")?.traceID.description == trace
            })
    }

    @Test func jobHasAllItsFields() async throws {
        let test = ExecutionTest()
        let seen = Mutex<JobSpec?>(nil)
        test.handle("mail") { job in
            seen.withLock { $0 = job.spec }
            return JSONText(validated: Array(#"{"sent": true}"#.utf8))
        }
        let arn = try await test.run(
            Self.task(
                Self.job,
                #""TimeoutSeconds": 60, "Parameters": {"kind": "mail", "payload": {"to": "a"}, "priority": 7, "max_attempts": 3},"#
            ))
        #expect(try await test.describe(arn)["output"] == .string(#"{"sent":true}"#))
        let spec = seen.withLock { $0 }
        #expect(spec?.priority == 7)
        #expect(spec?.maxAttempts == 3)
        #expect(spec?.timeoutSeconds == 60)
        #expect(
            try await test.types(arn)[2...4] == ["TaskScheduled", "TaskStarted", "TaskSucceeded"])
    }

    @Test func invalidJobFailsTheTask() async throws {
        let test = ExecutionTest()
        let arn = try await test.run(Self.task(Self.job, #""Parameters": {"kind": "longhaul.execution"},"#))
        let description = try await test.describe(arn)
        #expect(description["status"] == .string("FAILED"))
        #expect(description["error"] == .string("Longhaul.invalid_request"))
    }

    @Test func eachFaultOfAJobIsInTheCauseOnce() async throws {
        for (fields, cause) in [
            (#""priority": 77"#, "/priority: expected an integer from 0 to 9, got 77"),
            (
                #""nothing": 1, "priority": 77"#,
                "/nothing: unknown field; /priority: expected an integer from 0 to 9, got 77"
            ),
        ] {
            let test = ExecutionTest()
            let arn = try await test.run(Self.task(Self.job, #""Parameters": {"kind": "a", \#(fields)},"#))
            let found = try #require(try await test.describe(arn)["cause"]?.string)
            #expect(Set(found.split(separator: "; ")) == Set(cause.split(separator: "; ")))
        }
    }

    @Test func submittedJobIsNotWaitedFor() async throws {
        let test = ExecutionTest()
        let arn = try await test.run(Self.task(Self.job + ":submit", #""Parameters": {"kind": "later"},"#))
        let output = try StateValue(parsing: try await test.describe(arn)["output"]?.string ?? "")
        let id = try #require(JobID(output["JobId"]?.string ?? ""))
        #expect(try await test.engine.job(id).state == .pending)
    }

    @Test func timedOutAttemptIsATimeout() async throws {
        let test = ExecutionTest()
        test.handle("f") { _ in throw JobFailure(type: "timeout", message: "too long") }
        let arn = try await test.run(Self.task(RunnerTests.function + "f"))
        #expect(try await test.describe(arn)["error"] == .string("States.Timeout"))
        #expect(try await test.types(arn).contains("LambdaFunctionTimedOut"))
    }

    @Test func stopCancelsTheJobsOfTasks() async throws {
        let test = ExecutionTest()
        let arn = try await test.run(Self.task(RunnerTests.function + "f"))
        try await test.stop(arn)
        let jobs = try await test.engine.jobs(JobFilter(), after: nil, limit: 10).jobs
        #expect(jobs.filter { $0.spec.kind == "f" }.map(\.state) == [.cancelled])
    }

    // MARK: Callbacks

    private static let callback = task(
        job + ".waitForTaskToken",
        #""HeartbeatSeconds": 600, "Parameters": {"kind": "ask", "payload": {"token.$": "$$.Task.Token"}},"#)

    private func ask(_ test: ExecutionTest) async throws -> (arn: String, token: String) {
        let token = Box<String>("")
        test.handle("ask") { job in
            token.set(try StateValue(job.spec.payload)["token"]?.string ?? "")
            return .null
        }
        let machine = try await test.create("m", Self.callback)
        let arn = try await test.start(machine)
        try await test.runReady()
        return (arn, token.value)
    }

    @Test func callerReturnsTheTokenOnce() async throws {
        let test = ExecutionTest()
        let (arn, token) = try await ask(test)
        #expect(try await test.types(arn).suffix(3) == ["TaskScheduled", "TaskStarted", "TaskSubmitted"])
        let success: [(String, StateValue)] = [
            ("taskToken", .string(token)), ("output", .string(#"{"yes": true}"#)),
        ]
        try await test.call("SendTaskSuccess", success)
        try await test.runReady()
        #expect(try await test.describe(arn)["output"] == .string(#"{"yes":true}"#))
        await #expect(throws: ServiceError.self) { try await test.call("SendTaskSuccess", success) }
        do {
            try await test.call("SendTaskSuccess", success)
        } catch let error as ServiceError {
            #expect(error.type == "TaskTimedOut")
        }
    }

    @Test func failureHasErrorAndCause() async throws {
        let test = ExecutionTest()
        let (arn, token) = try await ask(test)
        try await test.call(
            "SendTaskFailure",
            [("taskToken", .string(token)), ("error", .string("No")), ("cause", .string("because"))])
        try await test.run()
        #expect(try await test.describe(arn)["error"] == .string("No"))
        #expect(try await test.describe(arn)["cause"] == .string("because"))
    }

    @Test func heartbeatsKeepTheTaskAlive() async throws {
        let test = ExecutionTest()
        let (arn, token) = try await ask(test)
        for _ in 0..<4 {
            test.clock.skip(to: test.clock.now().adding(seconds: 500))
            try await test.call("SendTaskHeartbeat", [("taskToken", .string(token))])
            try await test.runReady()
        }
        #expect(try await test.describe(arn)["status"] == .string("RUNNING"))
        try await test.run()
        #expect(try await test.types(arn).contains("TaskTimedOut"))
    }

    @Test func wrongTokensAreRefused() async throws {
        let test = ExecutionTest()
        _ = try await ask(test)
        do {
            try await test.call("SendTaskHeartbeat", [("taskToken", .string("AAAA"))])
            Issue.record("accepted")
        } catch let error as ServiceError {
            #expect(error.type == "InvalidToken")
        }
        do {
            try await test.call(
                "SendTaskSuccess", [("taskToken", .string("AAAA")), ("output", .string("{"))])
            Issue.record("accepted")
        } catch let error as ServiceError {
            #expect(error.type == "InvalidToken")
        }
    }

    // MARK: Activities

    @Test func workerOfAnActivityReceivesItsTask() async throws {
        let test = ExecutionTest()
        let activity = try await test.call("CreateActivity", [("name", .string("approve"))])["activityArn"]?
            .string
        let resource = try #require(activity)
        let machine = try await test.create("m", Self.task(resource, #""TimeoutSeconds": 3600,"#))
        let arn = try await test.start(machine, input: #"{"n":1}"#)
        try await test.runReady()
        #expect(try await test.types(arn).last == "ActivityScheduled")
        let task = try await test.call(
            "GetActivityTask", [("activityArn", .string(resource)), ("workerName", .string("bob"))])
        #expect(task["input"] == .string(#"{"n":1}"#))
        try await test.runReady()
        let started = try await test.history(arn).last
        #expect(started?["activityStartedEventDetails"]?["workerName"] == .string("bob"))
        try await test.call(
            "SendTaskSuccess", [("taskToken", task["taskToken"] ?? .null), ("output", .string("2"))])
        try await test.run()
        #expect(try await test.describe(arn)["output"] == .string("2"))
    }

    @Test func activityWithoutWorkerTimesOut() async throws {
        let test = ExecutionTest()
        try await test.call("CreateActivity", [("name", .string("approve"))])
        let arn = try await test.run(
            Self.task(
                "arn:aws:states:us-east-1:000000000000:activity:approve", #""TimeoutSeconds": 3600,"#))
        #expect(try await test.types(arn).contains("ActivityTimedOut"))
        #expect(try await test.describe(arn)["error"] == .string("States.Timeout"))
    }

    @Test func workerOfTheKindRunsAnActivityAsJob() async throws {
        let test = ExecutionTest()
        test.handle("approve") { _ in JSONText(validated: Array("3".utf8)) }
        let arn = try await test.run(Self.task("arn:aws:states:us-east-1:000000000000:activity:approve"))
        #expect(try await test.describe(arn)["output"] == .string("3"))
    }

    // MARK: Nested executions

    @Test(arguments: ["", ".sync", ".sync:2"]) func nestedExecution(pattern: String) async throws {
        let test = ExecutionTest()
        let inner = try await test.create(
            "inner", #"{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 100, "End": true}}}"#)
        let arn = try await test.run(
            Self.task(
                "arn:aws:states:::states:startExecution\(pattern)",
                #""Parameters": {"StateMachineArn": "\#(inner)", "Name": "n", "Input": {"x": 1}},"#))
        let output = try StateValue(parsing: try await test.describe(arn)["output"]?.string ?? "")
        #expect(output["ExecutionArn"]?.string?.hasSuffix(":execution:inner:n") == true)
        switch pattern {
        case ".sync": #expect(output["Output"] == .string(#"{"x":1}"#))
        case ".sync:2": #expect(output["Output"] == .members([("x", .integer(1))]))
        default: #expect(output["Output"] == nil)
        }
    }

    @Test func failureOfNestedExecutionIsTheCause() async throws {
        let test = ExecutionTest()
        let inner = try await test.create(
            "inner", #"{"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "E", "Cause": "C"}}}"#)
        let arn = try await test.run(
            Self.task(
                "arn:aws:states:::states:startExecution.sync",
                #""Parameters": {"StateMachineArn": "\#(inner)"},"#))
        let description = try await test.describe(arn)
        #expect(description["error"] == .string("States.TaskFailed"))
        let cause = try StateValue(parsing: description["cause"]?.string ?? "")
        #expect(cause["Error"] == .string("E"))
        #expect(cause["Status"] == .string("FAILED"))
    }

    @Test func stopOfTheOuterExecutionStopsTheNestedOne() async throws {
        let test = ExecutionTest()
        let inner = try await test.create("inner", Self.task(RunnerTests.function + "f"))
        let arn = try await test.run(
            Self.task(
                "arn:aws:states:::states:startExecution.sync",
                #""Parameters": {"StateMachineArn": "\#(inner)", "Name": "n"},"#))
        try await test.stop(arn)
        try await test.run()
        let nested = "arn:aws:states:us-east-1:000000000000:execution:inner:n"
        #expect(try await test.describe(nested)["status"] == .string("ABORTED"))
    }

    @Test func operationsOfTheSDKHaveItsNames() async throws {
        let test = ExecutionTest()
        let inner = try await test.create(
            "inner", #"{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}"#)
        let arn = try await test.run(
            Self.task(
                "arn:aws:states:::aws-sdk:sfn:startExecution",
                #""Parameters": {"StateMachineArn": "\#(inner)", "Name": "n"},"#))
        let output = try StateValue(parsing: try await test.describe(arn)["output"]?.string ?? "")
        #expect(output.object?.keys == ["ExecutionArn", "StartDate"])
        #expect(output["StartDate"]?.string?.hasSuffix("Z") == true)
        let missing = try await test.run(
            Self.task(
                "arn:aws:states:::aws-sdk:sfn:describeExecution",
                #""Parameters": {"ExecutionArn": "arn:aws:states:us-east-1:000000000000:execution:inner:no"},"#
            ),
            name: "other")
        #expect(
            try await test.describe(missing)["error"] == .string("Sfn.ExecutionDoesNotExistException"))
    }
}

/// A value that closures may set.
final class Box<Value: Sendable>: Sendable {
    private let box: Mutex<Value>
    init(_ value: Value) { box = Mutex(value) }
    var value: Value { box.withLock { $0 } }
    func set(_ value: Value) { box.withLock { $0 = value } }
}
