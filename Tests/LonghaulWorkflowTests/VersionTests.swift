import Foundation
import LonghaulCore
import LonghaulJSON
import LonghaulTesting
import LonghaulWorker
import LonghaulWorkflow
import Testing

/// A job whose code a deployment changes.
private struct Report: DurableJob {
    static let kind = "report"
    let steps: [String]
    let effects: Effects

    func run(_ payload: Int, in flow: Flow) async throws -> Int {
        for step in steps {
            if step == "pause" {
                try await flow.sleep(for: .hours(1))
            } else {
                try await flow.step(step) { effects.add(step) }
            }
        }
        return steps.count
    }
}

@Suite struct VersionTests {
    private func suspended(_ steps: [String]) async throws -> (DurableTest, DurableTestJob<Report>, Effects) {
        let (test, effects) = (DurableTest(), Effects())
        test.add(Report(steps: steps, effects: effects))
        let job = try await test.submit(Report.self, 0)
        try await test.runReady()
        return (test, job, effects)
    }

    @Test(arguments: [
        (["b", "a", "pause", "c"], "1", "a", "b"), (["a", "pause", "b", "c"], "2", "b", "sleep"),
        (["a"], "2", "b", "end of the job"), (["a", "b"], "3", "sleep", "end of the job"),
    ])
    func changedOrderPausesTheJobAndFixedCodeResumesIt(
        steps: [String], id: String, recorded: String, requested: String
    ) async throws {
        let (test, job, effects) = try await suspended(["a", "b", "pause", "c"])
        let changed = Report(steps: steps, effects: Effects())
        test.add(changed)
        try await test.run()
        let paused = try await job.job
        #expect(paused.isPaused)
        #expect(paused.state == .suspended)
        #expect(paused.error?.type == "nondeterministic")
        let message = try #require(paused.error?.message)
        #expect(message.contains("\"\(id)\"") && message.contains(recorded) && message.contains(requested))
        // Nothing of the changed code has run.
        #expect(changed.effects.all.isEmpty)
        let difference = await #expect(throws: Replay.Difference.self) {
            try await Replay.check(changed, payload: 0, journal: try await job.journal)
        }
        #expect(difference?.recorded.id == id)
        #expect(difference?.name == requested)

        test.add(Report(steps: ["a", "b", "pause", "c", "d"], effects: effects))
        try await job.resume()
        #expect(try await job.result() == 5)
        #expect(effects.all == ["a", "b", "c", "d"])
    }

    @Test func versionKeepsThePathOfOldRuns() async throws {
        struct Old: DurableJob {
            static let kind = "letters"
            func run(_ payload: Int, in flow: Flow) async throws -> String {
                try await flow.step("first") {}
                try await flow.sleep(for: .days(1))
                try await flow.step("letter") {}
                return "old"
            }
        }
        struct New: DurableJob {
            static let kind = "letters"
            func run(_ payload: Int, in flow: Flow) async throws -> String {
                let version = try await flow.version(change: "two letters", current: 2)
                try await flow.step("first") {}
                try await flow.sleep(for: .days(1))
                try await flow.step("letter") {}
                if try await flow.version(change: "two letters", current: 2) >= 2 {
                    try await flow.step("second letter") {}
                }
                return "version \(version)"
            }
        }
        let test = DurableTest()
        test.add(Old())
        let old = try await test.submit(Old.self, 0)
        try await test.runReady()
        test.add(New())
        let new = try await test.submit(New.self, 0)
        #expect(try await new.result() == "version 2")
        let oldJob = try await old.job
        #expect(oldJob.result?.description == "\"version 0\"")
        #expect(try await new.journal.contains { $0.name == "second letter" })
        #expect(try await !old.journal.contains { $0.name == "second letter" })
    }

    @Test func markersAreTheSameAtEachReplay() async throws {
        struct Marks: DurableJob {
            static let kind = "marks"
            struct Values: Codable, Sendable, Hashable {
                var now: Date
                var number: Int
                var fraction: Double
                var uuid: UUID
                var setting: String
            }
            let effects: Effects
            func run(_ payload: Int, in flow: Flow) async throws -> Bool {
                let values = Values(
                    now: try await flow.now(), number: try await flow.random(in: 1...1_000_000),
                    fraction: try await flow.random(), uuid: try await flow.uuid(),
                    setting: try await flow.record("setting") { "value \(effects.all.count)" })
                effects.add("\(values)")
                try await flow.sleep(for: .days(1))
                return values.uuid != (try await flow.uuid())
            }
        }
        let effects = Effects()
        let test = DurableTest()
        test.add(Marks(effects: effects))
        let job = try await test.submit(Marks.self, 0)
        #expect(try await job.result())
        #expect(effects.all.count == 2)
        #expect(Set(effects.all).count == 1)
    }

    @Test func journalOfTheCommandIsReplayed() async throws {
        let (_, job, _) = try await suspended(["a", "pause", "b"])
        var writer = JSONWriter()
        let journal = try await job.journal
        writer.object { writer in
            writer.array("items") { writer in
                for operation in journal { writer.element(operation) }
            }
        }
        let text = writer.text
        try await Replay.check(
            Report(steps: ["a", "pause", "c"], effects: Effects()), payload: 0, journal: text)
        await #expect(throws: Replay.Difference.self) {
            try await Replay.check(Report(steps: ["a"], effects: Effects()), payload: 0, journal: text)
        }
        await #expect(throws: LonghaulError.self) {
            try await Replay.check(
                Report(steps: ["a"], effects: Effects()), payload: 0,
                journal: JSONText(parsing: Array(#"[{"id": "1"}]"#.utf8)))
        }
    }
}
