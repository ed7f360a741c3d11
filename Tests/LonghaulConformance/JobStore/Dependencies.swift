import LonghaulCore
import LonghaulJSON
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    static let dependencies: [Case] = [
        Case("a job waits for all its dependencies") { t in
            let a = try await t.submit("a")
            let b = try await t.submit("b")
            let waiting = try await t.submit { $0.dependsOn = [a.id, b.id, a.id] }
            #expect(waiting.state == .blocked)
            #expect(waiting.dependsOn == [a.id, b.id, a.id])
            #expect(try await t.claim(9) { $0.kinds = ["work"] }.isEmpty)
            try await t.complete(try await t.lease { $0.kinds = ["a"] }.token)
            #expect(try await t.job(waiting.id).state == .blocked)
            t.time.advance(seconds: 4)
            try await t.complete(try await t.lease { $0.kinds = ["b"] }.token)
            let free = try await t.job(waiting.id)
            #expect(free.state == .pending)
            #expect(free.runAt == t.time.now())
            #expect(try await t.lease().job.id == waiting.id)
        },
        Case("a job may depend on an earlier entry of its batch") { t in
            let a = t.submission()
            let b = t.submission { $0.dependsOn = [a.id] }
            let c = t.submission { $0.dependsOn = [a.id, b.id] }
            let outcomes = try await t.store.submit([a, b, c], allOrNothing: true)
            #expect(try outcomes.map { try t.created($0).state } == [.pending, .blocked, .blocked])
            for entry in [a, b, c] {
                let lease = try await t.lease()
                #expect(lease.job.id == entry.id)
                try await t.complete(lease.token)
            }
        },
        Case("an unknown dependency is rejected with its place") { t in
            let known = try await t.submit()
            let unknown = t.ids.next()
            let submission = t.submission { $0.dependsOn = [known.id, unknown] }
            let error = try t.error(await t.outcome(submission))
            #expect(error.code == .invalidRequest)
            #expect(error.faults.map(\.pointer.description) == ["/depends_on/1"])
        },
        Case("a completed dependency counts as satisfied") { t in
            let done = try await job(in: .completed, t)
            let met = try await t.submit { $0.dependsOn = [done.id] }
            #expect(met.state == .pending)
            let later = t.time.now().adding(seconds: 5)
            let scheduled = try await t.submit {
                $0.dependsOn = [done.id]
                $0.runAt = later
            }
            #expect(scheduled.state == .scheduled)
        },
        Case("a job whose dependencies end before its due time is scheduled") { t in
            let a = try await t.submit("a")
            let later = t.time.now().adding(seconds: 60)
            let waiting = try await t.submit {
                $0.dependsOn = [a.id]
                $0.runAt = later
            }
            #expect(waiting.state == .blocked)
            try await t.complete(try await t.lease().token)
            #expect(try await t.job(waiting.id).state == .scheduled)
            #expect(try await t.job(waiting.id).runAt == later)
        },
        Case("the policy applies at once to a failed dependency") { t in
            let failed = try await job(in: .failed, t)
            let expected: [(JobSpec.DependencyPolicy, JobState)] = [
                (.cancel, .cancelled), (.fail, .failed), (.run, .pending),
            ]
            for (policy, state) in expected {
                let job = try await t.submit {
                    $0.dependsOn = [failed.id]
                    $0.spec.onDependencyFailure = policy
                }
                #expect(job.state == state)
                #expect(job.error == (state == .pending ? nil : .dependencyFailed(failed.id)))
                #expect(job.finishedAt == (state == .pending ? nil : t.time.now()))
                #expect(try await t.job(job.id) == job)
            }
        },
        Case("a failure propagates along the chain by the policy of each job") { t in
            let root = try await t.submit("root") { $0.spec.maxAttempts = 1 }
            let fails = try await t.submit {
                $0.dependsOn = [root.id]
                $0.spec.onDependencyFailure = .fail
            }
            let cancelled = try await t.submit { $0.dependsOn = [fails.id] }
            let runs = try await t.submit {
                $0.dependsOn = [cancelled.id]
                $0.spec.onDependencyFailure = .run
            }
            let alsoWaits = try await t.submit { $0.dependsOn = [runs.id] }
            try await t.fail(try await t.lease { $0.kinds = ["root"] }.token)
            #expect(try await t.job(fails.id).state == .failed)
            #expect(try await t.job(fails.id).error == .dependencyFailed(root.id))
            #expect(try await t.job(cancelled.id).state == .cancelled)
            #expect(try await t.job(cancelled.id).error == .dependencyFailed(fails.id))
            #expect(try await t.job(runs.id).state == .pending)
            #expect(try await t.job(alsoWaits.id).state == .blocked)
            #expect(try await t.counts() == [.failed: 2, .cancelled: 1, .pending: 1, .blocked: 1])
        },
        Case("cancelled, expired and lost dependencies count as failures") { t in
            let soon = t.time.now().adding(seconds: 5)
            let cancelled = try await t.submit("x")
            let expiring = try await t.submit("y") { $0.spec.expiresAt = soon }
            let leased = try await t.submit("z") { $0.spec.maxAttempts = 1 }
            let waiting = [
                try await t.submit { $0.dependsOn = [cancelled.id] },
                try await t.submit { $0.dependsOn = [expiring.id] },
                try await t.submit { $0.dependsOn = [leased.id] },
            ]
            _ = try await t.lease {
                $0.kinds = ["z"]
                $0.leaseSeconds = 5
            }
            try await t.cancel(cancelled.id)
            t.time.set(soon)
            _ = try await t.store.maintain(limit: 10)
            for job in waiting { #expect(try await t.job(job.id).state == .cancelled) }
        },
        Case("a blocked job that was cancelled and retried runs without waiting") { t in
            let a = try await t.submit("a")
            let waiting = try await t.submit { $0.dependsOn = [a.id] }
            try await t.cancel(waiting.id)
            try await t.retry(waiting.id)
            let lease = try await t.lease { $0.kinds = ["work"] }
            try await t.complete(try await t.lease { $0.kinds = ["a"] }.token)
            #expect(try await t.complete(lease.token).state == .completed)
        },
    ]
}
