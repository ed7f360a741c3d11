import LonghaulCore
import Testing

extension JobStoreConformance {
    static let queues: [Case] = [
        Case("a queue comes into being when it is first used, and settings are kept") { t in
            #expect(try await t.store.queue("default") == nil)
            #expect(try await t.store.queues().isEmpty)
            try await t.submit()
            #expect(try await t.store.queue("default")?.settings == QueueSettings())
            let settings = QueueSettings(maxDepth: nil, maxWaiting: 5, paused: true, maxConcurrency: 2)
            #expect(try await t.store.setQueue("a", settings).settings == settings)
            #expect(try await t.store.queues().map(\.name) == ["a", "default"])
            #expect(try await t.store.queue("a")?.settings == settings)
            #expect(try await t.store.setQueue("default", settings).counts == [.pending: 1])
        },
        Case("max_depth bounds what is pending, exactly") { t in
            _ = try await t.store.setQueue("default", QueueSettings(maxDepth: 3))
            let entries = (0..<5).map { _ in t.submission() }
            let outcomes = try await t.store.submit(entries, allOrNothing: false)
            for outcome in outcomes.prefix(3) { _ = try t.created(outcome) }
            for outcome in outcomes.suffix(2) { #expect(try t.refusal(outcome).code == .systemBusy) }
            try await t.submit { $0.runAt = t.time.now().adding(seconds: 5) }
            _ = try await t.lease()
            try await t.submit()
            #expect(try t.refusal(await t.outcome(t.submission())).code == .systemBusy)
            try await t.submit { $0.spec.queue = "other" }
        },
        Case("what a queue should hold is listed in order, page by page, once it has been due for a while") {
            t in
            var ids: [JobID] = []
            for number in 0..<5 {
                ids.append(
                    try await t.submit {
                        $0.spec.priority = number
                        $0.spec.kind = number == 2 ? "other" : "work"
                    }.id)
            }
            try await t.submit { $0.spec.queue = "elsewhere" }
            try await t.submit { $0.runAt = t.time.now().adding(seconds: 60) }
            func page(after id: JobID? = nil, limit: Int = 10, age: Double) async throws -> [QueueEntry] {
                let moment = t.time.now().adding(seconds: -age)
                return try await t.store.pendingEntries(
                    of: "default", dueBefore: moment, after: id, limit: limit)
            }
            #expect(try await page(age: 0).isEmpty)
            t.time.advance(seconds: 10)
            #expect(try await page(age: 10).isEmpty)
            let all = try await page(age: 9)
            #expect(all.map(\.id) == ids && all.map(\.priority) == [0, 1, 2, 3, 4])
            #expect(all[2] == QueueEntry(id: ids[2], queue: "default", kind: "other", priority: 2))
            #expect(try await page(limit: 2, age: 9).map(\.id) == Array(ids[..<2]))
            #expect(try await page(after: ids[1], limit: 2, age: 9).map(\.id) == Array(ids[2..<4]))
            let taken = try await t.lease()
            #expect(try await page(age: 9).map(\.id) == ids.filter { $0 != taken.job.id })
        },
        Case("max_waiting bounds what is scheduled, blocked or retrying") { t in
            _ = try await t.store.setQueue("default", QueueSettings(maxWaiting: 2))
            let first = try await t.submit()
            let later = t.time.now().adding(seconds: 5)
            try await t.submit { $0.runAt = later }
            try await t.submit { $0.dependsOn = [first.id] }
            let outcome = try await t.outcome(t.submission { $0.runAt = later })
            #expect(try t.refusal(outcome).code == .systemBusy)
            try await t.submit()
        },
        Case("a job once accepted is not refused when it becomes due") { t in
            _ = try await t.store.setQueue("default", QueueSettings(maxDepth: 1))
            for _ in 0..<3 { try await t.submit { $0.runAt = t.time.now().adding(seconds: 5) } }
            try await t.submit()
            t.time.advance(seconds: 5)
            #expect(try await t.store.maintain(limit: 10).promoted == 3)
            #expect(try await t.counts() == [.pending: 4])
        },
        Case("a full batch is refused as a whole") { t in
            _ = try await t.store.setQueue("default", QueueSettings(maxDepth: 3))
            let outcomes = try await t.store.submit((0..<4).map { _ in t.submission() }, allOrNothing: true)
            #expect(
                try outcomes.map { try t.refusal($0).code } == [.conflict, .conflict, .conflict, .systemBusy])
            #expect(try await t.counts().isEmpty)
        },
        Case("a paused queue gives nothing and takes submissions") { t in
            let job = try await t.submit()
            _ = try await t.store.setQueue("default", QueueSettings(paused: true))
            try await t.submit()
            let request = LeaseRequest(worker: WorkerInfo(id: "w"), maxJobs: 5)
            #expect(try await t.store.claim(request).isEmpty)
            #expect(try await t.store.claim([job.id], for: request).isEmpty)
            _ = try await t.store.setQueue("default", QueueSettings())
            #expect(try await t.store.claim(request).count == 2)
        },
        Case("max_concurrency bounds what is processing") { t in
            _ = try await t.store.setQueue("default", QueueSettings(maxConcurrency: 2))
            let jobs = try await t.store.submit((0..<5).map { _ in t.submission() }, allOrNothing: true)
            let leases = try await t.claim(5)
            #expect(leases.count == 2)
            #expect(try await t.claim(5).isEmpty)
            let request = LeaseRequest(worker: WorkerInfo(id: "w"), maxJobs: 5)
            let ids = try jobs.map { try t.created($0).id }
            #expect(try await t.store.claim(ids, for: request).isEmpty)
            try await t.complete(leases[0].token)
            #expect(try await t.store.claim(ids, for: request).count == 1)
        },
        Case("the oldest pending moment is that of the job that has been due the longest") { t in
            let start = t.time.now()
            try await t.submit { $0.runAt = start.adding(seconds: 20) }
            t.time.advance(seconds: 10)
            let first = try await t.submit { $0.spec.priority = 1 }
            try await t.submit("other") { $0.spec.priority = 9 }
            t.time.advance(seconds: 20)
            _ = try await t.store.maintain(limit: 10)
            #expect(try await t.store.queue("default")?.oldestPendingAt == start.adding(seconds: 10))
            try await t.cancel(first.id)
            _ = try await t.lease { $0.kinds = ["other"] }
            #expect(try await t.store.queue("default")?.oldestPendingAt == start.adding(seconds: 20))
            _ = try await t.claim(9)
            #expect(try await t.store.queue("default")?.oldestPendingAt == nil)
        },
        Case("the position counts the pending jobs that go before") { t in
            var ids: [JobID] = []
            for (index, priority) in [5, 9, 5, 1, 9, 5].enumerated() {
                ids.append(try await t.submit("kind\(index % 2)") { $0.spec.priority = priority }.id)
            }
            try await t.submit { $0.spec.queue = "other" }
            var positions: [Int?] = []
            for id in ids { positions.append(try await t.store.position(of: id)) }
            #expect(positions == [2, 0, 3, 5, 1, 4])
            _ = try await t.lease()
            #expect(try await t.store.position(of: ids[1]) == nil)
            #expect(try await t.store.position(of: ids[3]) == 4)
            #expect(try await t.store.position(of: t.ids.next()) == nil)
        },
    ]
}
