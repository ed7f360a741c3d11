import LonghaulCore
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    static let completing: [Case] = [
        Case("a completed job keeps its result and its attempt") { t in
            let job = try await t.submit()
            let lease = try await t.lease()
            t.time.advance(seconds: 3)
            let done = try await t.complete(lease.token, #"{"pages":12345678901234567890}"#)
            #expect(done.state == .completed)
            #expect(done.result == json(#"{"pages":12345678901234567890}"#))
            #expect(done.error == nil)
            #expect(done.finishedAt == t.time.now())
            #expect(done.attempts.count == 1)
            #expect(done.attempts.first?.finishedAt == t.time.now())
            #expect(done.worker == WorkerRef(id: "w1", name: "worker one"))
            #expect(done.version == 3)
            #expect(try await t.job(job.id) == done)
        },
        Case("a repeated completion succeeds with the same result and fails with another") { t in
            try await t.submit()
            let lease = try await t.lease()
            let done = try await t.complete(lease.token, "7")
            t.time.advance(seconds: 100)
            let changeCount = t.changes.count
            #expect(try await t.complete(lease.token, "7") == done)
            #expect(await t.code { try await t.complete(lease.token, "8") } == .leaseLost)
            #expect(await t.code { try await t.fail(lease.token) } == .leaseLost)
            #expect(t.changes.count == changeCount)
            #expect(try await t.counts() == [.completed: 1])
        },
        Case("a completion stores its own progress, or keeps the last reported one") { t in
            for _ in 0..<2 { try await t.submit() }
            let leases = try await t.claim(2)
            for lease in leases {
                _ = try await t.store.heartbeat(
                    Heartbeat(
                        workerID: "w",
                        beats: [
                            Heartbeat.Beat(token: lease.token, progress: Progress(percent: 60, message: "a"))
                        ]))
            }
            _ = await t.store.complete([
                StoreCompletion(
                    token: leases[0].token, result: json("1"), progress: Progress(percent: 90, message: nil)),
                StoreCompletion(token: leases[1].token, result: json("1")),
            ])
            #expect(try await t.job(leases[0].job.id).progress == Progress(percent: 90, message: nil))
            #expect(try await t.job(leases[1].job.id).progress == Progress(percent: 60, message: "a"))
        },
        Case("each completion of a call has its own outcome") { t in
            for _ in 0..<3 { try await t.submit() }
            let leases = try await t.claim(3)
            try await t.release(leases[1].token)
            let answers = await t.store.complete(
                leases.map { StoreCompletion(token: $0.token, result: json("1")) })
            #expect(try answers[0].get().id == leases[0].job.id)
            #expect(throws: LonghaulError.leaseLost) { try answers[1].get() }
            #expect(try answers[2].get().id == leases[2].job.id)
            #expect(try await t.counts() == [.completed: 2, .pending: 1])
        },
        Case("the next jobs are stored with the completion, even if their queue is full") {
            t in
            _ = try await t.store.setQueue("next", QueueSettings(maxDepth: 0))
            let job = try await t.submit()
            let lease = try await t.lease()
            let next = (0..<3).map { index in
                t.submission("next\(index)") {
                    $0.spec.queue = "next"
                    $0.parentID = job.id
                }
            }
            try await t.complete(lease.token, "1", next: next)
            #expect(try await t.counts("next") == [.pending: 3])
            #expect(try await t.job(next[2].id).parentID == job.id)
            try await t.complete(lease.token, "1", next: next)
            #expect(try await t.counts("next") == [.pending: 3])
        },
        Case("an invalid next job fails its completion, and no other") { t in
            for _ in 0..<2 { try await t.submit() }
            let leases = try await t.claim(2)
            let good = t.submission()
            let bad = t.submission { $0.dependsOn = [t.ids.next()] }
            let answers = await t.store.complete([
                StoreCompletion(token: leases[0].token, result: json("1"), next: [good, bad]),
                StoreCompletion(token: leases[1].token, result: json("1")),
            ])
            #expect(await t.code { _ = try answers[0].get() } == .invalidRequest)
            #expect(try answers[1].get().state == .completed)
            #expect(try await t.store.job(good.id) == nil)
            #expect(try await t.job(leases[0].job.id).state == .processing)
            #expect(try await t.counts() == [.processing: 1, .completed: 1])
            #expect(t.changes(of: good.id).isEmpty)
            try await t.complete(leases[0].token, "1", next: [good])
        },
        Case("a next job may depend on the completing job") { t in
            let job = try await t.submit()
            let lease = try await t.lease()
            let next = t.submission { $0.dependsOn = [job.id] }
            try await t.complete(lease.token, "1", next: [next])
            #expect(try await t.job(next.id).state == .pending)
        },
        Case("a released job is pending again and its attempt is not counted") { t in
            let job = try await t.submit { $0.spec.maxAttempts = 3 }
            try await t.fail(try await t.lease { $0.worker = WorkerInfo(id: "a") }.token, retryIn: 1)
            t.time.advance(seconds: 1)
            _ = try await t.store.maintain(limit: 10)
            let lease = try await t.lease { $0.worker = WorkerInfo(id: "b") }
            #expect(lease.job.attempt == 2)
            let released = try await t.release(lease.token)
            #expect(released.state == .pending)
            #expect(released.attempt == 1)
            #expect(released.attempts.map(\.worker) == ["a"])
            #expect(released.worker?.id == "a")
            #expect(try await t.job(job.id) == released)
            #expect(try await t.lease().job.attempt == 2)
        },
        Case("a job that is released after a retry by hand shows nothing of earlier attempts") { t in
            let job = try await t.submit { $0.spec.maxAttempts = 1 }
            try await t.fail(try await t.lease { $0.worker = WorkerInfo(id: "a") }.token)
            _ = try await t.retry(job.id)
            let released = try await t.release(try await t.lease { $0.worker = WorkerInfo(id: "b") }.token)
            #expect(released.attempt == 0)
            #expect(released.worker == nil)
            #expect(released.startedAt == nil)
            #expect(try await t.job(job.id) == released)
        },
        Case("neither a new attempt nor a released job shows the progress of an earlier attempt") { t in
            let job = try await t.submit { $0.spec.maxAttempts = 3 }
            func leaseWithProgress() async throws -> LeaseToken {
                let lease = try await t.lease()
                #expect(lease.job.progress == nil)
                #expect(try await t.job(job.id).progress == nil)
                let beat = Heartbeat.Beat(token: lease.token, progress: Progress(percent: 90, message: nil))
                _ = try await t.store.heartbeat(Heartbeat(workerID: "w1", beats: [beat]))
                return lease.token
            }
            try await t.fail(try await leaseWithProgress(), retryIn: 1)
            t.time.advance(seconds: 1)
            _ = try await t.store.maintain(limit: 10)
            #expect(try await t.release(try await leaseWithProgress()).progress == nil)
            _ = try await leaseWithProgress()
        },
    ]
}
