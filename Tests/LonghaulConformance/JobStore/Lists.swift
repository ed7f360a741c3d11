import LonghaulCore
import LonghaulJSON
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    static let pages: [Case] = [
        Case("a page of jobs ends at its maximum size, and the next page continues") { t in
            let payload = JSONText(validated: Array(("\"" + String(repeating: "x", count: 1000) + "\"").utf8))
            var ids: [JobID] = []
            for _ in 0..<5 { ids.append(try await t.submit { $0.spec.payload = payload }.id) }
            var found: [JobID] = []
            var sizes: [Int] = []
            var cursor: JobCursor?
            repeat {
                let page = try await t.store.jobs(
                    JobFilter(), after: cursor, limit: 50, reading: JobReading(maxBytes: 2500))
                #expect(page.jobs.allSatisfy { $0.spec.payload == payload })
                found += page.jobs.map(\.id)
                sizes.append(page.jobs.count)
                cursor = page.next
            } while cursor != nil
            #expect(found == ids.reversed() && sizes == [2, 2, 1])
            // A page has at least one job.
            let page = try await t.store.jobs(
                JobFilter(), after: nil, limit: 50, reading: JobReading(maxBytes: 10))
            #expect(page.jobs.map(\.id) == [ids[4]] && page.next != nil)
        },
        Case("outlines are those of the jobs that exist, in the given order") { t in
            let first = try await t.submit { $0.spec.kind = "first" }
            let second = try await t.submit { $0.runAt = t.time.now().adding(seconds: 60) }
            let ids = [second.id, t.ids.next(), first.id]
            let outlines = try await t.store.outlines(of: ids)
            #expect(outlines == [JobOutline(second), JobOutline(first)])
            #expect(outlines.map(\.state) == [.scheduled, .pending] && outlines[1].kind == "first")
            #expect(try await t.store.outlines(of: []).isEmpty)
        },
        Case("a summary omits payload, result, artifacts and attempts") { t in
            try await t.submit { $0.spec.payload = JSONText(validated: Array("[1]".utf8)) }
            let done = try await t.lease()
            _ = try await t.complete(done.token)
            try await t.submit()
            let failed = try await t.lease()
            _ = await t.store.fail([
                Failure(token: failed.token, error: JobError(type: "io", message: "m", retryable: false))
            ])
            let page = try await t.store.jobs(
                JobFilter(), after: nil, limit: 50, reading: JobReading(isSummary: true))
            #expect(page.jobs.map(\.state) == [.failed, .completed] && page.next == nil)
            #expect(
                page.jobs.allSatisfy { $0.spec.payload == .null && $0.result == nil && $0.attempts.isEmpty })
            #expect(page.jobs.map { $0.error?.type } == ["io", nil])
            #expect(page.jobs.first?.fingerprint != nil)
            let first = try await t.store.jobs(
                JobFilter(), after: nil, limit: 1, reading: JobReading(isSummary: true))
            #expect(first.jobs.count == 1 && first.next == JobCursor(after: failed.job.id))
        },
        Case("pages of samples are ordered by minute and name") { t in
            let start = QueueSample.minute(of: t.time.now())
            let samples = (0..<3).flatMap { minute in
                ["B", "a", "b"].map {
                    QueueSample(queue: $0, at: start.adding(seconds: 60 * Double(minute)), depth: minute)
                }
            }
            try await t.store.recordSamples(samples, deletingBefore: start)
            var found: [QueueSample] = []
            while true {
                let page = try await t.store.samples(
                    of: nil, since: start, after: found.last?.place, limit: 2)
                found += page
                if page.count < 2 { break }
            }
            #expect(found == samples)
            let own = try await t.store.samples(
                of: "a", since: start, after: samples[1].place, limit: 5)
            #expect(own == [samples[4], samples[7]])
        },
    ]

    /// Reads all pages of a list.
    private static func walk(_ filter: JobFilter, _ limit: Int, _ t: JobStoreFixture) async throws -> [JobID]
    {
        var ids: [JobID] = []
        var cursor: JobCursor?
        repeat {
            let page = try await t.store.jobs(filter, after: cursor, limit: limit)
            #expect(page.jobs.count <= limit)
            #expect(page.next == nil || page.jobs.count == limit)
            ids += page.jobs.map(\.id)
            cursor = page.next
        } while cursor != nil && ids.count < 10_000
        return ids
    }

    /// Jobs in every state, in two queues, of three kinds, two actors and tags.
    private static func populate(_ t: JobStoreFixture) async throws -> [Job] {
        for index in 0..<72 {
            let later = t.time.now().adding(seconds: 5000)
            let job = try await t.submit("kind\(index % 3)") {
                $0.spec.queue = index % 2 == 0 ? "a" : "b"
                $0.spec.priority = index % 10
                if index % 5 == 0 { $0.spec.actor = "user-\(index % 2)" }
                if index % 4 == 0 { $0.spec.tags = ["shard": "\(index % 8)", "even": "yes"] }
                if index % 9 == 3 { $0.runAt = later }
            }
            if index % 9 == 4 { try await t.cancel(job.id) }
            t.time.advance(seconds: 1)
        }
        let leases = try await t.claim(30) {
            $0.queues = ["b", "a"]
            $0.leaseSeconds = 3600
        }
        for (index, lease) in leases.enumerated() {
            switch index % 4 {
            case 0: try await t.complete(lease.token)
            case 1: try await t.fail(lease.token, retryIn: 100)
            case 2: try await t.fail(lease.token, JobError(type: "x", message: "", retryable: false))
            default: break
            }
        }
        let page = try await t.store.jobs(JobFilter(), after: nil, limit: 500)
        #expect(page.jobs.count == 72)
        return page.jobs
    }

    static let lists: [Case] = [
        Case("every filter returns exactly the matching jobs, newest first, on pages of any size") { t in
            let all = try await populate(t)
            #expect(all.map(\.id) == all.map(\.id).sorted(by: >))
            let middle = all[40].createdAt
            var filters: [(JobFilter, (Job) -> Bool)] = [(JobFilter(), { _ in true })]
            func add(_ change: (inout JobFilter) -> Void, _ fits: @escaping (Job) -> Bool) {
                var filter = JobFilter()
                change(&filter)
                filters.append((filter, fits))
            }
            for state in JobState.allCases { add({ $0.states = [state] }, { $0.state == state }) }
            add({ $0.states = [.pending, .failed] }, { $0.state == .pending || $0.state == .failed })
            add({ $0.queue = "a" }, { $0.spec.queue == "a" })
            add({ $0.kind = "kind1" }, { $0.spec.kind == "kind1" })
            add({ $0.setKinds("kind*") }, { $0.spec.kind.hasPrefix("kind") })
            add(
                {
                    $0.setKinds("kind1*")
                    $0.states = [.pending, .processing, .failed]
                },
                {
                    $0.spec.kind.hasPrefix("kind1")
                        && [.pending, .processing, .failed].contains($0.state)
                })
            add(
                {
                    $0.setKinds("kin*")
                    $0.queue = "a"
                }, { $0.spec.kind.hasPrefix("kin") && $0.spec.queue == "a" })
            add({ $0.setKinds("other*") }, { $0.spec.kind.hasPrefix("other") })
            add({ $0.actor = "user-1" }, { $0.spec.actor == "user-1" })
            add({ $0.tags = ["shard": "4"] }, { $0.spec.tags["shard"] == "4" })
            add({ $0.tags = ["shard": "4", "even": "no"] }, { _ in false })
            add({ $0.createdAfter = middle }, { $0.createdAt >= middle })
            add({ $0.createdBefore = middle }, { $0.createdAt < middle })
            add(
                {
                    $0.queue = "b"
                    $0.kind = "kind2"
                    $0.states = [.completed, .processing, .pending]
                    $0.createdAfter = middle
                },
                {
                    $0.spec.queue == "b" && $0.spec.kind == "kind2" && $0.createdAt >= middle
                        && [.completed, .processing, .pending].contains($0.state)
                })
            add(
                {
                    $0.actor = "user-0"
                    $0.tags = ["even": "yes"]
                    $0.queue = "a"
                }, { $0.spec.actor == "user-0" && $0.spec.tags["even"] == "yes" && $0.spec.queue == "a" })
            for (filter, fits) in filters {
                let expected = all.filter(fits).map(\.id)
                for limit in [1, 7, 500] {
                    let found = try await walk(filter, limit, t)
                    #expect(found == expected, "\(filter), pages of \(limit)")
                }
            }
        },
        Case("a filter finds a job behind many newer ones that match a part of it") { t in
            let rare = try await t.submit("rare") { $0.spec.tags = ["customer": "a"] }
            let others = (0..<450).map { _ in t.submission("common") { $0.spec.tags = ["customer": "a"] } }
            _ = try await t.store.submit(others, allOrNothing: true)
            var filter = JobFilter()
            filter.tags = ["customer": "a"]
            filter.kind = "rare"
            let page = try await t.store.jobs(filter, after: nil, limit: 5)
            #expect(page.jobs.map(\.id) == [rare.id])
            #expect(page.next == nil)
        },
        Case("a cursor stays valid while jobs are added and removed") { t in
            var ids: [JobID] = []
            for _ in 0..<10 { ids.append(try await t.submit().id) }
            let first = try await t.store.jobs(JobFilter(), after: nil, limit: 4)
            #expect(first.jobs.map(\.id) == ids[6...].reversed())
            try await t.submit()
            try await t.cancel(ids[6])
            try await t.delete(ids[6])
            let second = try await t.store.jobs(JobFilter(), after: first.next, limit: 4)
            #expect(second.jobs.map(\.id) == ids[2..<6].reversed())
            let third = try await t.store.jobs(JobFilter(), after: second.next, limit: 4)
            #expect(third.jobs.map(\.id) == ids[..<2].reversed())
            #expect(third.next == nil)
        },
    ]
}
