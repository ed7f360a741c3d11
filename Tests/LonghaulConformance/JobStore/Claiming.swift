import LonghaulCore
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    static let claiming: [Case] = [
        Case("a claim starts an attempt with a token") { t in
            let job = try await t.submit()
            t.time.advance(seconds: 5)
            let lease = try await t.lease { $0.leaseSeconds = 45 }
            #expect(lease.token.jobID == job.id)
            #expect(lease.token.fence == 1)
            #expect(lease.expiresAt == t.time.now().adding(seconds: 45))
            #expect(lease.heartbeatSeconds == 15)
            #expect(lease.job.state == .processing)
            #expect(lease.job.attempt == 1)
            #expect(lease.job.startedAt == t.time.now())
            #expect(lease.job.worker == WorkerRef(id: "w1", name: "worker one"))
            #expect(lease.job.attempts == [Attempt(number: 1, worker: "worker one", startedAt: t.time.now())])
            #expect(try await t.job(job.id) == lease.job)
            #expect(try await t.claim().isEmpty)
        },
        Case("the highest priority comes first, then the oldest job, across kinds") { t in
            var expected: [(priority: Int, id: JobID)] = []
            for (index, priority) in [5, 9, 0, 5, 9, 3, 0, 5].enumerated() {
                let job = try await t.submit("kind\(index % 3)") { $0.spec.priority = priority }
                expected.append((priority, job.id))
            }
            expected.sort { ($1.priority, $0.id) < ($0.priority, $1.id) }
            let leases = try await t.claim(3) + t.claim(100)
            #expect(leases.map(\.job.id) == expected.map(\.id))
        },
        Case("a claim returns only jobs of the requested queues and kinds, with queues in order") { t in
            let a = try await t.submit("x") { $0.spec.queue = "a" }
            let b = try await t.submit("y") { $0.spec.queue = "b" }
            try await t.submit("x") { $0.spec.queue = "c" }
            let z = try await t.submit("z") { $0.spec.queue = "b" }
            #expect(try await t.claim(9) { $0.kinds = ["x", "y"] }.isEmpty)
            let leases = try await t.claim(9) {
                $0.queues = ["b", "a"]
                $0.kinds = ["x", "y"]
            }
            #expect(leases.map(\.job.id) == [b.id, a.id])
            #expect(try await t.claim(9) { $0.queues = ["b", "none"] }.map(\.job.id) == [z.id])
        },
        Case("a claim returns at most the requested number of jobs, each once") { t in
            for _ in 0..<10 { try await t.submit() }
            let first = try await t.claim(4)
            let second = try await t.claim(4)
            let third = try await t.claim(4)
            #expect([first.count, second.count, third.count] == [4, 4, 2])
            #expect(Set((first + second + third).map(\.job.id)).count == 10)
            #expect(try await t.counts() == [.processing: 10])
        },
        Case("concurrent workers never hold the same job") { t in
            _ = try await t.store.submit((0..<200).map { _ in t.submission() }, allOrNothing: false)
            let held = try await withThrowingTaskGroup(of: [JobID].self) { group in
                for number in 0..<20 {
                    group.addTask {
                        try await t.claim(15) { $0.worker = WorkerInfo(id: "w\(number)") }.map(\.job.id)
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(held.count == 200)
            #expect(Set(held).count == 200)
        },
        Case("a claim by IDs takes the matching jobs and skips the others") { t in
            let first = try await t.submit("x")
            let otherKind = try await t.submit("y")
            let otherQueue = try await t.submit("x") { $0.spec.queue = "other" }
            let scheduled = try await t.submit("x") { $0.runAt = t.time.now().adding(seconds: 9) }
            let last = try await t.submit("x")
            let request = LeaseRequest(worker: WorkerInfo(id: "w"), kinds: ["x"], maxJobs: 10)
            let ids = [last.id, otherKind.id, t.ids.next(), otherQueue.id, scheduled.id, first.id, last.id]
            #expect(try await t.store.claim(ids, for: request).map(\.job.id) == [last.id, first.id])
            #expect(try await t.store.claim(ids, for: request).isEmpty)
        },
        Case("a job past its expires_at is not claimed") { t in
            let moment = t.time.now().adding(seconds: 10)
            for _ in 0..<3 { try await t.submit { $0.spec.expiresAt = moment } }
            let fresh = try await t.submit()
            t.time.advance(seconds: 10)
            #expect(try await t.claim(2).map(\.job.id) == [fresh.id])
        },
        Case("workers are recorded with their requests and running jobs") { t in
            let job = try await t.submit()
            let seventh = WorkerInfo(
                id: "w7", name: "seven", labels: ["gpu": "1"], heartbeatIntervalSeconds: 1.5)
            _ = try await t.claim {
                $0.worker = seventh
                $0.queues = ["default", "video"]
                $0.kinds = ["work"]
                $0.leaseSeconds = 20
            }
            let began = t.time.now()
            t.time.advance(seconds: 2)
            _ = try await t.claim { $0.worker = WorkerInfo(id: "idle") }
            let workers = try await t.store.workers()
            #expect(workers.map(\.info.id) == ["idle", "w7"])
            let seven = try #require(workers.last)
            #expect(seven.info == seventh)
            #expect(seven.queues == ["default", "video"])
            #expect(seven.kinds == ["work"])
            #expect(seven.leaseSeconds == 20)
            #expect(seven.firstSeenAt == began)
            #expect(seven.lastSeenAt == began)
            #expect(seven.running == [job.id])
            t.time.advance(seconds: 1)
            _ = try await t.store.heartbeat(Heartbeat(workerID: "w7", beats: []))
            #expect(try await t.store.workers().first?.info.id == "w7")
            t.time.advance(seconds: 86_400 * 2)
            _ = try await t.store.maintain(limit: 100)
            #expect(try await t.store.workers().isEmpty)
        },
        Case("removing a worker returns its leases, and no others") { t in
            #expect(try await t.store.deleteWorker("w1") == nil)
            for _ in 0..<3 { _ = try await t.submit() }
            let held = try await t.claim(2) { $0.worker = WorkerInfo(id: "w1") }.map(\.token)
            let other = try await t.lease { $0.worker = WorkerInfo(id: "w2") }.token
            #expect(held.count == 2)
            #expect(Set(try #require(await t.store.deleteWorker("w1"))) == Set(held))
            #expect(try await t.store.workers().map(\.info.id) == ["w2"])
            // Its leases are unchanged, and its heartbeats do not register it again.
            for token in held { try await t.store.verify(token) }
            _ = try await t.store.heartbeat(Heartbeat(workerID: "w1", beats: []))
            #expect(try await t.store.workers().map(\.info.id) == ["w2"])
            for answer in await t.store.release(held) { _ = try answer.get() }
            #expect(try await t.store.deleteWorker("w1") == nil)
            #expect(try await t.store.deleteWorker("w2") == [other])
        },
    ]
}
