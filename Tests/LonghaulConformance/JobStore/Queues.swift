import LonghaulCore
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    static let queues: [Case] = [
        Case("a queue is created at its first use, and its settings are stored") { t in
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
        Case("queues are listed page by page, by name") { t in
            for name in ["b", "a", "a.1", "B", "c"] { try await t.submit { $0.spec.queue = name } }
            #expect(try await t.store.queues(after: nil, limit: 3).map(\.name) == ["B", "a", "a.1"])
            #expect(try await t.store.queues(after: "a.1", limit: 3).map(\.name) == ["b", "c"])
            #expect(try await t.store.queues(after: "a.0", limit: 1).map(\.name) == ["a.1"])
            #expect(try await t.store.queues(after: "c", limit: 3).isEmpty)
            #expect(try await t.store.queues(after: nil, limit: 9).first?.oldestPendingAt != nil)
        },
        Case("a queue without waiting and running jobs can be deleted with its settings") { t in
            #expect(try await t.store.deleteQueue("none") == false)
            _ = try await t.store.setQueue("empty", QueueSettings(maxDepth: 3))
            #expect(try await t.store.deleteQueue("empty"))
            #expect(try await t.store.queue("empty") == nil)
            #expect(try await t.store.deleteQueue("empty") == false)

            _ = try await t.store.setQueue("default", QueueSettings(maxDepth: 3))
            try await t.submit()
            #expect(await t.code { _ = try await t.store.deleteQueue("default") } == .conflict)
            let lease = try await t.lease()
            #expect(await t.code { _ = try await t.store.deleteQueue("default") } == .conflict)
            _ = try await t.complete(lease.token)
            #expect(try await t.store.deleteQueue("default"))
            #expect(try await t.store.queue("default") == nil)
            #expect(try await t.store.queues().isEmpty)
            #expect(try await t.store.job(lease.job.id)?.state == .completed)

            // The next job restores the queue with the default settings and the count of its ended jobs.
            try await t.submit()
            let record = try #require(await t.store.queue("default"))
            #expect(record.settings == QueueSettings())
            #expect(record.counts == [.pending: 1, .completed: 1])
        },
        Case("queues without jobs and settings are removed some time after their last use") { t in
            _ = try await t.store.setQueue("limited", QueueSettings(maxDepth: 5))
            _ = try await t.store.setQueue("kept", QueueSettings())
            _ = try await t.store.setQueue("plain", QueueSettings())
            let job = try await t.submit()
            t.time.advance(seconds: 100)
            func forget(_ seconds: Double) async throws -> [String] {
                try await t.store.deleteQueues(
                    unusedSince: t.time.now().adding(seconds: -seconds), except: ["kept"])
            }
            #expect(try await forget(200).isEmpty)
            #expect(try await forget(50) == ["plain"])
            #expect(try await t.store.queues().map(\.name) == ["default", "kept", "limited"])
            _ = await t.store.cancel([job.id])
            _ = await t.store.delete([job.id])
            #expect(try await forget(50).isEmpty)
            t.time.advance(seconds: 100)
            #expect(try await forget(50) == ["default"])
            try await t.submit()
            #expect(try await t.counts() == [.pending: 1])
        },
        Case("a deleted queue is removed with its last ended job") { t in
            let job = try await t.submit()
            _ = await t.store.cancel([job.id])
            #expect(try await t.store.deleteQueue("default"))
            let now = t.time.now()
            #expect(try await t.store.deleteQueues(unusedSince: now, except: ["default"]).isEmpty)
            _ = await t.store.delete([job.id])
            #expect(
                try await t.store.deleteQueues(unusedSince: now, except: ["default"]) == ["default"])
            try await t.submit()
            #expect(try await t.counts() == [.pending: 1])
        },
        Case("the number of queues is limited") { t in
            t.store.configure(StoreLimits(maxQueues: 2))
            try await t.submit { $0.spec.queue = "a" }
            _ = try await t.store.setQueue("b", QueueSettings())
            let outcome = try await t.outcome(t.submission { $0.spec.queue = "c" })
            #expect(try t.error(outcome).code == .systemBusy)
            #expect(try t.error(outcome).overload?.bound == .queues)
            await #expect(throws: LonghaulError.self) { try await t.store.setQueue("c", QueueSettings()) }
            try await t.submit { $0.spec.queue = "a" }
            #expect(try await t.store.deleteQueue("b"))
            _ = try await t.store.deleteQueues(unusedSince: t.time.now(), except: [])
            try await t.submit { $0.spec.queue = "c" }
            #expect(try await t.store.queues().map(\.name) == ["a", "c"])
        },
        Case("max_depth limits pending jobs exactly") { t in
            _ = try await t.store.setQueue("default", QueueSettings(maxDepth: 3))
            let entries = (0..<5).map { _ in t.submission() }
            let outcomes = try await t.store.submit(entries, allOrNothing: false)
            for outcome in outcomes.prefix(3) { _ = try t.created(outcome) }
            for outcome in outcomes.suffix(2) { #expect(try t.error(outcome).code == .systemBusy) }
            try await t.submit { $0.runAt = t.time.now().adding(seconds: 5) }
            _ = try await t.lease()
            try await t.submit()
            #expect(try t.error(await t.outcome(t.submission())).code == .systemBusy)
            try await t.submit { $0.spec.queue = "other" }
        },
        Case("pages of pending entries list the jobs that have been due for a while, in order") {
            t in
            var ids: [JobID] = []
            for number in 0..<5 {
                ids.append(
                    try await t.submit {
                        $0.spec.priority = number
                        $0.spec.kind = number == 2 ? "other" : "work"
                    }.id)
            }
            try await t.submit { $0.spec.queue = "other" }
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
        Case("max_waiting limits scheduled, blocked and retrying jobs") { t in
            _ = try await t.store.setQueue("default", QueueSettings(maxWaiting: 2))
            let first = try await t.submit()
            let later = t.time.now().adding(seconds: 5)
            try await t.submit { $0.runAt = later }
            try await t.submit { $0.dependsOn = [first.id] }
            let outcome = try await t.outcome(t.submission { $0.runAt = later })
            #expect(try t.error(outcome).code == .systemBusy)
            try await t.submit()
        },
        Case("an accepted job is not rejected when it becomes due") { t in
            _ = try await t.store.setQueue("default", QueueSettings(maxDepth: 1))
            for _ in 0..<3 { try await t.submit { $0.runAt = t.time.now().adding(seconds: 5) } }
            try await t.submit()
            t.time.advance(seconds: 5)
            #expect(try await t.store.maintain(limit: 10).promoted == 3)
            #expect(try await t.counts() == [.pending: 4])
        },
        Case("a batch that exceeds the limit is rejected as a whole") { t in
            _ = try await t.store.setQueue("default", QueueSettings(maxDepth: 3))
            let outcomes = try await t.store.submit((0..<4).map { _ in t.submission() }, allOrNothing: true)
            #expect(
                try outcomes.map { try t.error($0).code } == [.conflict, .conflict, .conflict, .systemBusy])
            #expect(try await t.counts().isEmpty)
        },
        Case("a paused queue accepts submissions, and workers receive no jobs from it") { t in
            let job = try await t.submit()
            _ = try await t.store.setQueue("default", QueueSettings(paused: true))
            try await t.submit()
            let request = LeaseRequest(worker: WorkerInfo(id: "w"), maxJobs: 5)
            #expect(try await t.store.claim(request).isEmpty)
            #expect(try await t.store.claim([job.id], for: request).isEmpty)
            _ = try await t.store.setQueue("default", QueueSettings())
            #expect(try await t.store.claim(request).count == 2)
        },
        Case("max_concurrency limits processing jobs") { t in
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
        Case("the oldest pending time is the due time of the job that has waited longest") { t in
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
        Case("the position counts the pending jobs ahead") { t in
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
