import LonghaulCore
import LonghaulExecutions
import LonghaulJSON
import LonghaulStates
import LonghaulWorker
import Testing

/// Servers that die between any two calls of the store.
struct CrashTests {
    @Test(arguments: 0..<10) func historiesAreThoseOfUndisturbedExecutions(group: UInt64) async throws {
        for seed in group * 4..<group * 4 + 4 {
            var machine = RandomExecution(seed: seed + 1)
            let definition = machine.definition()
            let calm = try await CrashTests.run(definition, seed: seed)
            var random = RandomNumbers(seed: seed + 500)
            for density in [2, 5] {
                let calls = 1...calm.calls * 3
                let crashes = calls.filter { _ in Int.random(in: 0..<density, using: &random) == 0 }
                let before = Set(crashes.filter { _ in Bool.random(using: &random) })
                let disturbed = try await CrashTests.run(
                    definition, seed: seed, before: before, after: Set(crashes).subtracting(before))
                #expect(disturbed.canonical == calm.canonical, "seed \(seed): \(definition)")
                #expect(disturbed.jobs == calm.jobs, "seed \(seed): \(definition)")
            }
        }
    }

    @Test func eachCallMayBeTheLast() async throws {
        let definition = #"""
            {"StartAt": "P", "States": {
              "P": {"Type": "Parallel", "End": true, "Branches": [
                {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "\#(RunnerTests.function)work",
                  "Parameters": {"fails": false, "retries": 0}, "End": true}}},
                {"StartAt": "B", "States": {"B": {"Type": "Wait", "Seconds": 100, "End": true}}},
                {"StartAt": "C", "States": {"C": {"Type": "Map", "ItemsPath": "$.items", "End": true,
                  "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                    "StartAt": "D", "States": {"D": {"Type": "Pass", "End": true}}}}}}]}}}
            """#
        let calm = try await CrashTests.run(definition, seed: 1)
        for call in 1...calm.calls {
            let before = try await CrashTests.run(definition, seed: 1, before: [call])
            #expect(before.canonical == calm.canonical, "before call \(call)")
            let after = try await CrashTests.run(definition, seed: 1, after: [call])
            #expect(after.canonical == calm.canonical, "after call \(call)")
        }
    }

    private struct Outcome {
        let calls: Int
        /// The number of jobs that workers have run.
        let jobs: Int
        /// The events without times, numbers and identifiers, in an order that does not depend on that of the branches.
        let canonical: [String]
    }

    private static func run(
        _ definition: String, seed: UInt64, before: Set<Int> = [], after: Set<Int> = []
    ) async throws -> Outcome {
        let test = ExecutionTest(seed: seed)
        let jobs = Counter()
        test.handle("work") { job in
            _ = jobs.next()
            let payload = try StateValue(job.spec.payload)
            if payload["fails"]?.bool == true, payload["retries"] == .integer(0) {
                throw JobFailure(type: "Boom", message: "once")
            }
            return .null
        }
        let machine = try await test.create("m", definition)
        let arn = try await test.start(machine, input: #"{"items": [1, 2, 3]}"#, name: "e")
        test.crashes.plan(before: before, after: after)
        try await test.run()
        let events = try await test.history(arn)
        #expect(events.map { $0["id"] } == events.indices.map { .integer($0 + 1) }, "seed \(seed)")
        let ends = events.filter { $0["type"]?.string?.hasPrefix("ExecutionS") == true }
        #expect(
            events.last.map { ["ExecutionSucceeded", "ExecutionFailed"].contains($0["type"]?.string) } == true
        )
        #expect(!ends.isEmpty)
        return Outcome(calls: test.crashes.calls, jobs: jobs.value, canonical: events.map(canonical).sorted())
    }

    private static func canonical(_ event: StateValue) -> String {
        var object = event.object ?? StateObject()
        for name in ["id", "previousEventId", "timestamp", "mapRunStartedEventDetails"] { object[name] = nil }
        return StateValue.object(object).json.description
    }
}
