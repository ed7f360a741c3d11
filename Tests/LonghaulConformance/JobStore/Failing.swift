import LonghaulCore
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    static let failing: [Case] = [
        Case("a failed job is retried after its back-off, up to the last attempt") { t in
            let job = try await t.submit {
                $0.spec.maxAttempts = 3
                $0.spec.backoff = Backoff(growth: .exponential, initialSeconds: 10, factor: 3, jitter: 0)
            }
            let error = JobError(type: "io", message: "disk", details: json(#"{"code":5}"#))
            for (attempt, wait) in [(1, 10.0), (2, 30.0)] {
                let lease = try await t.lease()
                #expect(lease.job.attempt == attempt)
                t.time.advance(seconds: 1)
                let failed = try await t.fail(lease.token, error)
                #expect(failed.state == .retrying)
                #expect(failed.runAt == t.time.now().adding(seconds: wait))
                #expect(failed.error == error)
                #expect(try await t.claim().isEmpty)
                t.time.set(failed.runAt.adding(seconds: -0.001))
                #expect(try await t.store.maintain(limit: 10).promoted == 0)
                t.time.set(failed.runAt)
                #expect(try await t.store.maintain(limit: 10).promoted == 1)
            }
            let dead = try await t.fail(try await t.lease().token, error)
            #expect(dead.state == .failed)
            #expect(dead.finishedAt == t.time.now())
            #expect(dead.attempts.map(\.number) == [1, 2, 3])
            #expect(dead.attempts.allSatisfy { $0.error == error && $0.finishedAt != nil })
            #expect(try await t.job(job.id) == dead)
            #expect(try await t.counts() == [.failed: 1])
        },
        Case("by default the fourth failure of any type is the last") { t in
            let job = try await t.submit()
            for attempt in 1...4 {
                let lease = try await t.lease { $0.leaseSeconds = 5 }
                #expect(lease.job.attempt == attempt)
                switch attempt {
                case 1: try await t.fail(lease.token)
                case 2: try await t.fail(lease.token, JobError(type: "timeout", message: "too long"))
                default:
                    t.time.advance(seconds: 5)
                    #expect(try await t.store.maintain(limit: 10).expiredLeases == 1)
                }
                #expect(try await t.job(job.id).state == (attempt < 4 ? .retrying : .failed))
                t.time.advance(seconds: 60)
                _ = try await t.store.maintain(limit: 10)
            }
            let dead = try await t.job(job.id)
            #expect(
                dead.attempts.map(\.error?.type) == ["boom", "timeout", "lease_expired", "lease_expired"])
            #expect(dead.error == .leaseExpired)
            #expect(dead.spec.payload == job.spec.payload)
        },
        Case("the delay that the worker requests replaces the back-off") { t in
            try await t.submit()
            let failed = try await t.fail(try await t.lease().token, retryIn: 123.5)
            #expect(failed.runAt == t.time.now().adding(seconds: 123.5))
        },
        Case("an error that is not retryable makes the job a dead letter at once") { t in
            try await t.submit()
            let error = JobError(type: "bad_input", message: "no", retryable: false)
            let failed = try await t.fail(try await t.lease().token, error)
            #expect(failed.state == .failed)
            #expect(failed.error == error)
        },
        Case("a later success clears the error and keeps the attempts") { t in
            let job = try await t.submit()
            try await t.fail(try await t.lease().token, retryIn: 1)
            t.time.advance(seconds: 1)
            _ = try await t.store.maintain(limit: 10)
            let second = try await t.lease()
            #expect(second.job.error?.type == "boom")
            #expect(second.job.attempts.count == 2)
            let done = try await t.complete(second.token)
            #expect(done.error == nil)
            #expect(done.attempts.map(\.error?.type) == ["boom", nil])
            #expect(try await t.job(job.id) == done)
        },
        Case("an expired lease is a failed attempt, and after the last one the job fails") { t in
            let job = try await t.submit { $0.spec.maxAttempts = 2 }
            _ = try await t.lease { $0.leaseSeconds = 10 }
            t.time.advance(seconds: 9.999)
            #expect(try await t.store.maintain(limit: 10).expiredLeases == 0)
            t.time.advance(seconds: 0.001)
            #expect(try await t.store.maintain(limit: 10).expiredLeases == 1)
            #expect(try await t.job(job.id).state == .retrying)
            #expect(try await t.job(job.id).error == .leaseExpired)
            t.time.advance(seconds: 10)
            _ = try await t.store.maintain(limit: 10)
            _ = try await t.lease { $0.leaseSeconds = 10 }
            t.time.advance(seconds: 10)
            _ = try await t.store.maintain(limit: 10)
            let dead = try await t.job(job.id)
            #expect(dead.state == .failed)
            #expect(dead.attempts.map(\.error) == [.leaseExpired, .leaseExpired])
        },
        Case("each failure of a call has its own outcome") { t in
            for _ in 0..<2 { try await t.submit() }
            let leases = try await t.claim(2)
            try await t.complete(leases[0].token)
            let answers = await t.store.fail(
                leases.map { Failure(token: $0.token, error: JobError(type: "x", message: "y")) })
            #expect(throws: LonghaulError.leaseLost) { try answers[0].get() }
            #expect(try answers[1].get().state == .retrying)
        },
    ]
}
