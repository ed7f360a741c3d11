import LonghaulCore
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    static let maintenance: [Case] = [
        Case("maintenance of an empty store does nothing") { t in
            var nothing = Maintenance()
            nothing.now = t.time.now()
            let round = try await t.store.maintain(limit: 10)
            #expect(round == nothing)
        },
        Case("nextAt is the next time at which maintenance has work") { t in
            let start = t.time.now()
            func next() async throws -> Double? {
                try await t.store.maintain(limit: 10).nextAt?.seconds(since: start)
            }
            let later = t.time.now().adding(seconds: 90)
            try await t.submit("far") { $0.runAt = later }
            #expect(try await next() == 90)
            try await t.submit("late") { $0.spec.expiresAt = start.adding(seconds: 60) }
            #expect(try await next() == 60)
            let job = try await t.submit { $0.spec.retentionSeconds = 20 }
            let lease = try await t.lease {
                $0.kinds = ["work"]
                $0.leaseSeconds = 40
            }
            #expect(try await next() == 40)
            try await t.fail(lease.token, retryIn: 30)
            #expect(try await next() == 30)
            try await t.cancel(job.id)
            #expect(try await next() == 20)
            let key = SubmissionKey(digest: digest(1), lifetime: .until(start.adding(seconds: 10)))
            try await t.submit("keyed") { $0.keys = [key] }
            #expect(try await next() == 10)
            t.time.advance(seconds: 10)
            #expect(try await next() == 20)
        },
        Case("jobs become due at their time, at most the limit in each round") { t in
            for index in 0..<5 {
                let later = t.time.now().adding(seconds: Double(10 + index / 4 * 10))
                try await t.submit { $0.runAt = later }
            }
            t.time.advance(seconds: 10)
            var round = try await t.store.maintain(limit: 3)
            #expect(round.promoted == 3)
            #expect(round.hasMore)
            round = try await t.store.maintain(limit: 3)
            #expect(round.promoted == 1)
            #expect(!round.hasMore)
            #expect(try await t.counts() == [.pending: 4, .scheduled: 1])
        },
        Case("jobs that did not start in time are cancelled, and running jobs continue") { t in
            let moment = t.time.now().adding(seconds: 10)
            let later = t.time.now().adding(seconds: 99)
            let running = try await t.submit("running") { $0.spec.expiresAt = moment }
            let lease = try await t.lease()
            let pending = try await t.submit { $0.spec.expiresAt = moment }
            let scheduled = try await t.submit {
                $0.spec.expiresAt = moment
                $0.runAt = later
            }
            t.time.set(moment)
            #expect(try await t.store.maintain(limit: 10).expiredJobs == 2)
            for id in [pending.id, scheduled.id] {
                let job = try await t.job(id)
                #expect(job.state == .cancelled)
                #expect(job.error == .expired)
            }
            #expect(try await t.complete(lease.token).id == running.id)
        },
        Case("ended jobs are removed after their retention") { t in
            let ended = try await t.submit { $0.spec.retentionSeconds = 100 }
            try await t.cancel(ended.id)
            let kept = try await t.submit { $0.spec.retentionSeconds = 200 }
            try await t.cancel(kept.id)
            t.time.advance(seconds: 99.999)
            #expect(try await t.store.maintain(limit: 10).purged.isEmpty)
            t.time.advance(seconds: 0.001)
            #expect(try await t.store.maintain(limit: 10).purged == [ended.id])
            #expect(try await t.store.job(ended.id) == nil)
            #expect(try await t.counts() == [.cancelled: 1])
        },
        Case("a redriven job is not removed by the retention of its first end") { t in
            let job = try await t.submit { $0.spec.retentionSeconds = 10 }
            try await t.cancel(job.id)
            try await t.retry(job.id)
            t.time.advance(seconds: 1000)
            #expect(try await t.store.maintain(limit: 10).purged.isEmpty)
            #expect(try await t.job(job.id).state == .pending)
        },
        Case("a closed store rejects calls, and closing twice is safe") { t in
            try await t.store.checkReady()
            await t.store.close()
            await t.store.close()
            #expect(await t.code { try await t.store.checkReady() } == .unavailable)
            #expect(await t.code { _ = try await t.store.job(t.ids.next()) } == .unavailable)
            #expect(await t.code { _ = try await t.outcome(t.submission()) } == .unavailable)
            #expect(await t.code { try await t.cancel(t.ids.next()) } == .unavailable)
        },
    ]
}
