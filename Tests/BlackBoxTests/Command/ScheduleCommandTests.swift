import Foundation
import LonghaulTestSupport
import Testing

/// `longhaul schedules`.
@Suite struct ScheduleCommandTests {
    private let server: TestServer

    init() async throws {
        server = try await TestServer()
    }

    @discardableResult
    private func run(
        _ words: [String], code: Int32 = 0, environment: [String: String] = [:]
    ) async throws -> (code: Int32, output: String, errors: String) {
        let own = ["LONGHAUL_SERVER": server.address]
        let run = try await longhaul(
            ["schedules"] + words, environment: own.merging(environment) { $1 }, folder: server.folder.path)
        #expect(run.code == code, "\(words): \(run)")
        return run
    }

    private func create() async throws {
        try await run([
            "create", "nightly", "--cron", "0 3 * * *", "--kind", "report", "--time-zone", "Europe/Paris",
            "--payload",
            #"{"n": 1}"#, "--tag", "a=1", "--tag", "b=2", "--priority", "7", "--queue", "slow",
        ])
    }

    private func schedule() async throws -> Answer { try await server.call("GET", "/v1/schedules/nightly") }

    @Test func aScheduleIsCreatedOnceAndDeleted() async throws {
        try await create()
        let again = try await run(["create", "nightly", "--cron", "@daily", "--kind", "x"], code: 4)
        #expect(again.errors.contains("nightly"))
        #expect(try await schedule().string("job.kind") == "report")
        #expect(try await run(["delete", "nightly"]).output == "deleted nightly\n")
        try await run(["delete", "nightly"], code: 5)
        try await run(["create", "nightly", "--kind", "x"], code: 2)
    }

    @Test func anEditChangesOnlyWhatIsGiven() async throws {
        try await create()
        try await run(["edit", "nightly", "--cron", "30 4 * * *", "--tag", "c=3", "--remove-tag", "a"])
        let changed = try await schedule()
        #expect(try changed.string("cron") == "30 4 * * *" && changed.string("time_zone") == "Europe/Paris")
        #expect(try changed.int("job.payload.n") == 1 && changed.int("job.priority") == 7)
        #expect(try changed.string("job.queue") == "slow" && changed.string("job.tags.b") == "2")
        #expect(try changed.string("job.tags.c") == "3" && !changed.has("job.tags.a"))
        try await run(["edit", "nightly", "--paused", "true", "--payload", "2"])
        let paused = try await schedule()
        #expect(try paused.bool("paused") && paused.int("job.payload") == 2)
        try await run(["resume", "nightly"])
        #expect(try await schedule().bool("paused") == false)
        try await run(["edit", "nightly"], code: 2)
        try await run(["edit", "other", "--cron", "@daily"], code: 5)
    }

    @Test func anEditorChangesTheJSON() async throws {
        try await create()
        let replace = ["EDITOR": "sed -i s/report/summary/"]
        try await run(["edit", "nightly", "--editor"], environment: replace)
        #expect(try await schedule().string("job.kind") == "summary")
        #expect(try await schedule().string("time_zone") == "Europe/Paris")
        let same = try await run(["edit", "nightly", "--editor"], environment: ["EDITOR": "true"])
        #expect(same.errors.contains("nothing was changed"))
        let failed = try await run(
            ["edit", "nightly", "--editor"], code: 1, environment: ["EDITOR": "false"])
        #expect(failed.errors.contains("the editor false failed"))
        let invalid = ["VISUAL": "sed -i s/Europe/Nowhere/", "EDITOR": "false"]
        let refused = try await run(["edit", "nightly", "--editor"], code: 1, environment: invalid)
        // The text is kept.
        let file = try #require(refused.errors.split(separator: " ").last).trimmingCharacters(in: .newlines)
        #expect(refused.errors.contains("/time_zone") && file.hasSuffix(".json"), "\(refused)")
        #expect(try String(contentsOfFile: file, encoding: .utf8).contains("Nowhere/Paris"))
        try FileManager.default.removeItem(atPath: file)
        try await run(["edit", "nightly", "--editor", "--cron", "@daily"], code: 2)
        #expect(try await schedule().string("time_zone") == "Europe/Paris")
    }
}
