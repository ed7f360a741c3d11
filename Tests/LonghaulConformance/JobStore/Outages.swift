import LonghaulCore
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    /// A leased job in a store with an outage threshold of one second.
    private static func leased(_ t: JobStoreFixture, seconds: Double = 30) async throws -> Lease {
        t.store.configure(StoreLimits(outageSeconds: 1))
        _ = try await t.store.recordActivity()
        try await t.submit { $0.spec.maxAttempts = 1 }
        return try await t.lease { $0.leaseSeconds = seconds }
    }

    /// Lets time pass while the store is active.
    private static func pass(_ seconds: Int, _ t: JobStoreFixture) async throws {
        for _ in 0..<seconds * 2 {
            t.time.advance(seconds: 0.5)
            _ = try await t.store.recordActivity()
        }
    }

    private static func renews(_ token: LeaseToken, _ t: JobStoreFixture) async throws -> Bool {
        let beat = Heartbeat(workerID: "w1", beats: [.init(token: token)])
        return try await t.store.heartbeat(beat).renewed.count == 1
    }

    /// Checks that the lease ends exactly one full length from now.
    private static func expectFullLength(_ lease: Lease, _ seconds: Int, _ t: JobStoreFixture) async throws {
        #expect(try await t.store.maintain(limit: 10).expiredLeases == 0)
        try await t.store.verify(lease.token)
        try await pass(seconds - 1, t)
        #expect(try await t.store.maintain(limit: 10).expiredLeases == 0)
        try await t.store.verify(lease.token)
        try await pass(2, t)
        #expect(await t.code { try await t.store.verify(lease.token) } == .leaseLost)
        #expect(try await t.store.maintain(limit: 10).expiredLeases == 1)
        #expect(try await t.job(lease.job.id).error == .leaseExpired)
    }

    static let outages: [Case] = [
        Case("without an outage a lease ends at its time") { t in
            let lease = try await leased(t)
            try await pass(31, t)
            #expect(await t.code { try await t.store.verify(lease.token) } == .leaseLost)
            #expect(try await t.store.maintain(limit: 10).expiredLeases == 1)
        },
        Case("after an outage a lease has its full length before it ends") { t in
            let lease = try await leased(t)
            t.time.advance(seconds: 500)
            try await expectFullLength(lease, 30, t)
            #expect(try await t.store.recordActivity().count >= 1)
        },
        Case("after an outage a heartbeat, a completion and a checkpoint of a live worker are accepted") {
            t in
            let lease = try await leased(t)
            t.time.advance(seconds: 500)
            try await t.store.verify(lease.token)
            #expect(try await renews(lease.token, t))
            t.time.advance(seconds: 500)
            _ = try await t.store.putStep(lease.token, name: "s", output: json("1"))
            t.time.advance(seconds: 500)
            let job = try await t.complete(lease.token)
            #expect(job.attempt == 1)
            #expect(job.attempts.count == 1)
        },
        Case("a short silence is not an outage") { t in
            let lease = try await leased(t, seconds: 3)
            for _ in 0..<4 {
                t.time.advance(seconds: 0.9)
                _ = try await t.store.recordActivity()
            }
            #expect(await t.code { try await t.store.verify(lease.token) } == .leaseLost)
        },
        Case("a lease is not extended for a worker that was silent before the outage") { t in
            let lease = try await leased(t)
            try await pass(31, t)
            #expect(try await t.store.maintain(limit: 10).expiredLeases == 1)
            t.time.advance(seconds: 500)
            #expect(try await renews(lease.token, t) == false)
            #expect(await t.code { try await t.complete(lease.token) } == .leaseLost)
        },
        Case("setting the clock forward ends no lease") { t in
            let lease = try await leased(t)
            t.time.step(seconds: 86_400)
            try await expectFullLength(lease, 30, t)
        },
        Case("setting the clock forward does not change the lease of a live worker") { t in
            let lease = try await leased(t)
            t.time.step(seconds: 86_400)
            #expect(try await renews(lease.token, t))
            #expect(try await t.complete(lease.token).attempt == 1)
        },
        Case("setting the clock back extends no lease") { t in
            let lease = try await leased(t)
            t.time.step(seconds: -7200)
            _ = try await t.store.maintain(limit: 10)
            try await pass(32, t)
            #expect(try await t.store.maintain(limit: 10).expiredLeases == 1)
            #expect(await t.code { try await t.store.verify(lease.token) } == .leaseLost)
        },
        Case("after an outage nextAt is the extended end of a lease") { t in
            _ = try await leased(t)
            t.time.advance(seconds: 500)
            var round = try await t.store.maintain(limit: 10)
            while round.hasMore { round = try await t.store.maintain(limit: 10) }
            #expect(round.nextAt == t.time.now().adding(seconds: 30))
        },
    ]
}
