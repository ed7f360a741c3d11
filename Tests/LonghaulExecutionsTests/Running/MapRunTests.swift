import LonghaulCore
import LonghaulEngine
import LonghaulExecutions
import LonghaulJSON
import LonghaulStates
import LonghaulWorker
import Synchronization
import Testing

/// Distributed maps.
struct MapRunTests {
    private static func map(_ fields: String = "", type: String = "STANDARD", inner: String? = nil) -> String
    {
        let inner =
            inner
            ?? #""StartAt": "B", "States": {"B": {"Type": "Task", "Resource": "\#(RunnerTests.function)f", "End": true}}"#
        return #"""
            {"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "Label": "each", \#(fields)
              "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "\#(type)"}, \#(inner)}}}}
            """#
    }

    private func mapRun(_ test: ExecutionTest, _ arn: String) async throws -> StateObject {
        let runs = try await test.call("ListMapRuns", [("executionArn", .string(arn))])
        let run = try #require(runs["mapRuns"]?.array?.first)
        return try await test.call("DescribeMapRun", [("mapRunArn", run["mapRunArn"] ?? .null)])
    }

    @Test(arguments: ["STANDARD", "EXPRESS"]) func itemsRunAsExecutions(type: String) async throws {
        let test = ExecutionTest()
        test.handle("f") { job in JSONText(validated: job.spec.payload.bytes) }
        let arn = try await test.run(Self.map(#""MaxConcurrency": 2,"#, type: type), input: "[1, 2, 3]")
        #expect(try await test.describe(arn)["output"] == .string("[1,2,3]"))
        let run = try await mapRun(test, arn)
        #expect(run["status"] == .string("SUCCEEDED"))
        #expect(run["itemCounts"]?["succeeded"] == .integer(3))
        #expect(run["itemCounts"]?["total"] == .integer(3))
        let list = try await test.call("ListExecutions", [("mapRunArn", run["mapRunArn"] ?? .null)])
        #expect(list["executions"]?.array?.count == 3)
        let child = list["executions"]?.array?.first?["executionArn"]?.string ?? ""
        #expect(try await test.describe(child)["mapRunArn"] == run["mapRunArn"])
    }

    @Test func failuresBeyondTheToleranceFailTheMapRun() async throws {
        let test = ExecutionTest()
        test.handle("f") { job in
            if job.spec.payload.description == "2" { throw JobFailure(type: "E", message: "") }
            return .null
        }
        let arn = try await test.run(Self.map(), input: "[1, 2, 3]")
        #expect(try await test.describe(arn)["error"] == .string("States.ExceedToleratedFailureThreshold"))
        let run = try await mapRun(test, arn)
        #expect(run["status"] == .string("FAILED"))
    }

    @Test func redriveRunsTheFailedChildrenAgain() async throws {
        let test = ExecutionTest()
        let isBroken = Box(true)
        let done = Counter()
        test.handle("f") { job in
            if isBroken.value, job.spec.payload.description == "2" {
                throw JobFailure(type: "E", message: "")
            }
            _ = done.next()
            return JSONText(validated: job.spec.payload.bytes)
        }
        let arn = try await test.run(Self.map(#""MaxConcurrency": 1,"#), input: "[1, 2, 3]")
        #expect(try await test.describe(arn)["redriveStatus"] == .string("REDRIVABLE"))
        isBroken.set(false)
        try await test.call("RedriveExecution", [("executionArn", .string(arn))])
        try await test.run()
        let description = try await test.describe(arn)
        #expect(description["output"] == .string("[1,2,3]"))
        #expect(description["redriveCount"] == .integer(1))
        #expect(done.value == 3)
        let run = try await mapRun(test, arn)
        #expect(run["redriveCount"] == .integer(1))
        #expect(run["executionCounts"]?["succeeded"] == .integer(3))
        #expect(run["executionCounts"]?["failed"] == .integer(0))
        let ids = try await test.history(arn).map { $0["id"] }
        #expect(ids == ids.indices.map { .integer($0 + 1) })
    }

    /// Until the redrive of a map run reaches its children, they have a status of their own.
    @Test func childrenWaitForTheirRedrive() async throws {
        let test = ExecutionTest()
        let isBroken = Box(true)
        test.handle("f") { job in
            if isBroken.value { throw JobFailure(type: "E", message: "") }
            return JSONText(validated: job.spec.payload.bytes)
        }
        let arn = try await test.run(Self.map(), input: "[1, 2, 3]")
        isBroken.set(false)
        try await test.call("RedriveExecution", [("executionArn", .string(arn))])
        func list(_ status: String) async throws -> [StateObject] {
            let run = try await mapRun(test, arn)
            let list = try await test.call(
                "ListExecutions",
                [("mapRunArn", run["mapRunArn"] ?? .null), ("statusFilter", .string(status))])
            return (list["executions"]?.array ?? []).compactMap(\.object)
        }
        // The server dies after it has stored the redrive, and before it redrives the children.
        test.crashes.plan(after: [test.crashes.calls + 2])
        try await test.runOne()
        let run = try await mapRun(test, arn)
        #expect(run["executionCounts"]?["pendingRedrive"] == .integer(3))
        #expect(run["executionCounts"]?["total"] == .integer(3))
        #expect(run["itemCounts"]?["pendingRedrive"] == .integer(3))
        #expect(run["itemCounts"]?["pending"] == .integer(0))
        let waiting = try await list("PENDING_REDRIVE")
        #expect(waiting.map { $0["status"] } == Array(repeating: .string("PENDING_REDRIVE"), count: 3))
        #expect(try await list("FAILED").isEmpty)
        #expect(try await list("ABORTED").isEmpty)
        let child = try #require(waiting.first?["executionArn"]?.string)
        #expect(try await test.describe(child)["status"] == .string("PENDING_REDRIVE"))
        try await test.run()
        #expect(try await test.describe(arn)["status"] == .string("SUCCEEDED"))
        #expect(try await test.describe(child)["status"] == .string("SUCCEEDED"))
        #expect(try await list("PENDING_REDRIVE").isEmpty)
        #expect(try await mapRun(test, arn)["executionCounts"]?["pendingRedrive"] == .integer(0))
    }

    /// The retention of a child may end before that of its parent.
    @Test func redriveDoesNotWaitForRemovedChildren() async throws {
        let test = ExecutionTest()
        let isBroken = Box(true)
        test.handle("f") { job in
            if isBroken.value { throw JobFailure(type: "E", message: "") }
            return .null
        }
        let arn = try await test.run(Self.map(#""ToleratedFailureCount": 1,"#), input: "[1, 2, 3]")
        let children = try await test.call(
            "ListExecutions", [("mapRunArn", try await mapRun(test, arn)["mapRunArn"] ?? .null)])
        let child = try #require(children["executions"]?.array?.first?["name"]?.string)
        try await test.engine.delete(try #require(JobID(child)))
        isBroken.set(false)
        try await test.call("RedriveExecution", [("executionArn", .string(arn))])
        try await test.run()
        #expect(try await test.describe(arn)["status"] == .string("SUCCEEDED"))
        let counts = try await mapRun(test, arn)["executionCounts"]
        #expect(counts?["succeeded"] == .integer(2))
        #expect(counts?["failed"] == .integer(1))
        #expect(counts?["running"] == .integer(0))
    }

    @Test func expressChildrenHaveATimeLimit() async throws {
        let test = ExecutionTest()
        let start = test.clock.now()
        let inner = #""StartAt": "B", "States": {"B": {"Type": "Wait", "Seconds": 1000, "End": true}}"#
        let arn = try await test.run(Self.map(type: "EXPRESS", inner: inner), input: "[1, 2]")
        #expect(try await test.describe(arn)["error"] == .string("States.ExceedToleratedFailureThreshold"))
        #expect(test.clock.now().seconds(since: start) == 300)
        let run = try await mapRun(test, arn)
        #expect((run["executionCounts"]?["timedOut"]?.number?.int64 ?? 0) > 0)
        let list = try await test.call(
            "ListExecutions",
            [("mapRunArn", run["mapRunArn"] ?? .null), ("statusFilter", .string("TIMED_OUT"))])
        let child = try #require(list["executions"]?.array?.first?["executionArn"]?.string)
        #expect(try await test.types(child).last == "ExecutionTimedOut")
    }

    @Test func stopStopsTheChildren() async throws {
        let test = ExecutionTest()
        let arn = try await test.run(Self.map(), input: "[1, 2, 3]")
        try await test.stop(arn)
        try await test.run()
        var filter = JobFilter()
        filter.states = JobState.allCases.filter { !$0.isFinal }
        #expect(try await test.engine.jobs(filter, after: nil, limit: 10).jobs.isEmpty)
        let run = try await mapRun(test, arn)
        #expect(run["itemCounts"]?["aborted"] == .integer(3))
        #expect(run["executionCounts"]?["total"] == .integer(3))
        #expect(run["status"] == .string("ABORTED"))
        #expect(run["stopDate"] != nil)
    }

    @Test func redriveWaitsForTheChildrenThatStop() async throws {
        let test = ExecutionTest()
        let arn = try await test.run(Self.map(), input: "[1, 2, 3]")
        let running = try await mapRun(test, arn)
        try await test.stop(arn)
        test.handle("f") { job in JSONText(validated: job.spec.payload.bytes) }
        async let redriven = test.call("RedriveExecution", [("executionArn", .string(arn))])
        while try await test.describe(arn)["redriveCount"] == .integer(0) {
            try await test.runReady()
            try await Task.sleep(for: .milliseconds(1))
        }
        _ = try await redriven
        try await test.run()
        #expect(running["itemCounts"]?["running"] == .integer(3))
        #expect(try await test.describe(arn)["output"] == .string("[1,2,3]"))
    }

    @Test func redriveKnowsTheChildrenThatSucceededAtTheEnd() async throws {
        let test = ExecutionTest()
        let arn = try await test.run(Self.map(), input: "[1, 2, 3]")
        // The children succeed after the parent has read its last reports.
        test.crashes.plan {
            test.handle("f") { job in JSONText(validated: job.spec.payload.bytes) }
            try await test.runReady()
        }
        try await test.stop(arn)
        try await test.run()
        #expect(try await test.describe(arn)["status"] == .string("ABORTED"))
        try await test.call("RedriveExecution", [("executionArn", .string(arn))])
        try await test.run()
        let description = try await test.describe(arn)
        #expect(description["output"] == .string("[1,2,3]"))
        let run = try await mapRun(test, arn)
        #expect(run["executionCounts"]?["succeeded"] == .integer(3))
        #expect(run["executionCounts"]?["running"] == .integer(0))
        #expect(run["itemCounts"]?["succeeded"] == .integer(3))
    }

    @Test func concurrencyCanBeRaised() async throws {
        let test = ExecutionTest()
        let arn = try await test.run(Self.map(#""MaxConcurrency": 1,"#), input: "[1, 2, 3]")
        let run = try await mapRun(test, arn)
        #expect(run["itemCounts"]?["running"] == .integer(1))
        try await test.call(
            "UpdateMapRun", [("mapRunArn", run["mapRunArn"] ?? .null), ("maxConcurrency", .integer(2))])
        try await test.run()
        let updated = try await mapRun(test, arn)
        #expect(updated["itemCounts"]?["running"] == .integer(2))
        #expect(updated["maxConcurrency"] == .integer(2))
    }

    @Test func itemsAreReadInPages() async throws {
        let objects = TestObjects()
        let lines = (0..<2500).map { "{\"n\": \($0)}\n" }.joined()
        objects.put("b/in.jsonl", Array(lines.utf8))
        let test = ExecutionTest(objects: objects)
        let reader =
            #""ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSONL"}, "Parameters": {"Bucket": "b", "Key": "in.jsonl"}}, "ItemBatcher": {"MaxItemsPerBatch": 100},"#
        let writer =
            #""ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b", "Prefix": "out"}},"#
        let inner =
            #""StartAt": "B", "States": {"B": {"Type": "Pass", "Parameters": {"n.$": "$.Items[0].n"}, "End": true}}"#
        let arn = try await test.run(Self.map(reader + writer, inner: inner))
        let output = try StateValue(parsing: try await test.describe(arn)["output"]?.string ?? "")
        let key = try #require(output["ResultWriterDetails"]?["Key"]?.string)
        let manifest = try StateValue(parsing: try #require(objects.get("b/\(key)")))
        let file = try #require(manifest["ResultFiles"]?["SUCCEEDED"]?.array?.first?["Key"]?.string)
        let results = try StateValue(parsing: try #require(objects.get("b/\(file)")))
        #expect(results.array?.count == 25)
        let run = try await mapRun(test, arn)
        #expect(run["itemCounts"]?["succeeded"] == .integer(2500))
        #expect(run["executionCounts"]?["resultsWritten"] == .integer(25))
    }

    @Test func missingObjectFailsTheReader() async throws {
        let test = ExecutionTest(objects: TestObjects())
        let reader =
            #""ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON"}, "Parameters": {"Bucket": "b", "Key": "none"}},"#
        let arn = try await test.run(Self.map(reader))
        #expect(try await test.describe(arn)["error"] == .string("States.ItemReaderFailed"))
    }
}

/// Objects in memory.
final class TestObjects: MapObjects {
    private let objects = Mutex<[String: [UInt8]]>([:])

    func put(_ path: String, _ bytes: [UInt8]) { objects.withLock { $0[path] = bytes } }
    func get(_ path: String) -> [UInt8]? { objects.withLock { $0[path] } }

    func open(bucket: String, key: String) async throws -> any MapObjectContent {
        guard let bytes = get("\(bucket)/\(key)") else { throw MapObjectError("There is no object \(key)") }
        return Content(bytes)
    }

    func openArtifact(_ name: String, of job: String) async throws -> any MapObjectContent {
        try await open(bucket: job, key: name)
    }

    func list(bucket: String, prefix: String, after key: String?) async throws -> [MapObject] { [] }

    func write(bucket: String, key: String, _ bytes: [UInt8], contentType: String) async throws {
        put("\(bucket)/\(key)", bytes)
    }

    private final class Content: MapObjectContent {
        private let rest: Mutex<[UInt8]>
        init(_ bytes: [UInt8]) { rest = Mutex(bytes) }

        func next() async throws -> [UInt8]? {
            rest.withLock { rest in
                guard !rest.isEmpty else { return nil }
                let piece = Array(rest.prefix(1000))
                rest.removeFirst(piece.count)
                return piece
            }
        }
    }
}
