import LonghaulCore
import LonghaulJSON
import Testing

@testable import LonghaulEngine

/// Searching for a text in jobs.
struct SearchTests {
    private func submit(_ engine: Engine, _ kind: String, _ payload: String = "null") async throws -> JobID {
        let payload = try JSONText(parsing: Array(payload.utf8))
        return try await engine.submit(NewJob(JobSpec(kind: kind, payload: payload))).job.id
    }

    private func found(_ engine: Engine, _ text: String, grant: KeyGrant = .everything) async throws
        -> [JobID]
    {
        var filter = JobFilter()
        filter.text = text
        return try await engine.jobs(filter, after: nil, limit: 50, grant: grant).jobs.map(\.id)
    }

    @Test func aTextIsFoundInTheIDTheKindThePayloadAndErrors() async throws {
        try await withMemoryEngine { engine in
            let mail = try await submit(engine, "mail.send", #"{"to": "U3472@example.com"}"#)
            let quoted = try await submit(engine, "pdf", #"{"title": "the \"best\" page"}"#)
            let failing = try await submit(engine, "other")
            var request = LeaseRequest(worker: WorkerInfo(id: "w"), waitSeconds: 20)
            request.kinds = ["other"]
            let token = try #require(try await engine.lease(request).first).token
            let error = JobError(type: "Relay", message: "SMTP 421: try later", retryable: false)
            _ = try await engine.fail(Failure(token: token, error: error))
            #expect(try await found(engine, "u3472@EXAMPLE") == [mail])
            #expect(try await found(engine, "MAIL.s") == [mail])
            #expect(try await found(engine, #"the "best""#) == [quoted])
            #expect(try await found(engine, #""title""#) == [quoted])
            #expect(try await found(engine, "smtp 421") == [failing])
            #expect(try await found(engine, "relay") == [failing])
            #expect(try await found(engine, "nothing has this").isEmpty)
            for id in [mail, quoted, failing] {
                #expect(try await found(engine, String(id.description.suffix(12))) == [id])
                #expect(try await found(engine, id.description.uppercased()) == [id])
            }
        }
    }

    @Test func aSearchEndsEarlyWithTheTimeOfTheOldestJobItRead() async throws {
        try await withMemoryEngine { engine in
            let first = try await submit(engine, "first")
            for _ in 0..<25 {
                let jobs = (0..<1000).map { _ in NewJob(JobSpec(kind: "noise")) }
                _ = try await engine.submit(NewJobBatch(jobs: jobs))
            }
            var filter = JobFilter()
            filter.text = "first"
            var pages: [JobPage] = []
            repeat {
                pages.append(try await engine.jobs(filter, after: pages.last?.next, limit: 50))
            } while pages.last?.next != nil
            #expect(pages.count > 1)
            #expect(pages.flatMap(\.jobs).map(\.id) == [first])
            #expect(pages.dropLast().allSatisfy { $0.jobs.isEmpty && $0.searchedTo != nil })
            #expect(pages.last?.searchedTo == nil)
            let times = pages.compactMap(\.searchedTo)
            #expect(times == times.sorted(by: >))
        }
    }

    @Test func aSearchHasFullPagesAndTheOtherConditions() async throws {
        try await withMemoryEngine { engine in
            var ids: [JobID] = []
            for index in 0..<30 { ids.append(try await submit(engine, "a.\(index % 3)", "\"needle\"")) }
            var filter = JobFilter()
            filter.text = "needle"
            filter.setKinds("a.1*")
            var found: [JobID] = []
            var cursor: JobCursor?
            repeat {
                let page = try await engine.jobs(
                    filter, after: cursor, limit: 4, reading: JobReading(isSummary: true))
                #expect(page.jobs.count <= 4 && page.jobs.allSatisfy { $0.spec.payload.isNull })
                found += page.jobs.map(\.id)
                cursor = page.next
            } while cursor != nil
            #expect(found == ids.enumerated().filter { $0.offset % 3 == 1 }.map(\.element).reversed())
        }
    }

    @Test func aSearchStaysWithinTheRightsOfTheCaller() async throws {
        try await withMemoryEngine { engine in
            let own = try await submit(engine, "own", "\"secret\"")
            let other = try await submit(engine, "other", "\"secret\"")
            let grant = KeyGrant(scopes: [.admin], queues: ["*"], kinds: ["own"])
            #expect(try await found(engine, "secret", grant: grant) == [own])
            #expect(try await found(engine, other.description, grant: grant).isEmpty)
        }
    }
}
