import LonghaulCore
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    /// Checks that every call with a token is rejected and changes nothing.
    private static func expectLost(_ token: LeaseToken, _ t: JobStoreFixture) async throws {
        let before = try await t.store.job(token.jobID)
        let changeCount = t.changes.count
        let codes = [
            await t.code { try await t.complete(token, "1") }, await t.code { try await t.fail(token) },
            await t.code { try await t.release(token) }, await t.code { try await t.store.verify(token) },
            await t.code { try await t.store.appendLogs(token, [LogLine(at: t.time.now(), message: "x")]) },
            await t.code { _ = try await t.store.putStep(token, name: "late", output: json("1")) },
            await t.code { _ = try await t.store.step(token, name: "late") },
            await t.code {
                let file = Artifact(
                    name: "f", sizeBytes: 1, contentType: "a/b", sha256: "00", fence: token.fence)
                try await t.store.putArtifact(token, file)
            },
        ]
        #expect(codes == Array(repeating: .leaseLost, count: codes.count))
        let outcome = try await t.store.heartbeat(Heartbeat(workerID: "w1", beats: [.init(token: token)]))
        #expect(outcome.renewed.isEmpty)
        #expect(try await t.store.job(token.jobID) == before)
        #expect(try await t.store.logs(token.jobID, after: 0, limit: 10)?.isEmpty ?? true)
        #expect(t.changes.count == changeCount)
    }

    static let fencing: [Case] = [
        Case("an unknown token changes nothing") { t in
            let job = try await t.submit()
            let lease = try await t.lease()
            try await expectLost(LeaseToken(jobID: t.ids.next(), fence: 1, secret: 1), t)
            try await expectLost(LeaseToken(jobID: job.id, fence: 1, secret: lease.token.secret &+ 1), t)
            try await expectLost(LeaseToken(jobID: job.id, fence: 2, secret: lease.token.secret), t)
            try await t.store.verify(lease.token)
            try await t.complete(lease.token)
        },
        Case("a worker whose lease has ended cannot change the next attempt") { t in
            try await t.submit()
            let old = try await t.lease()
            t.time.advance(seconds: 31)
            try await expectLost(old.token, t)
            _ = try await t.store.maintain(limit: 10)
            try await expectLost(old.token, t)
            t.time.advance(seconds: 10)
            _ = try await t.store.maintain(limit: 10)
            let new = try await t.lease()
            #expect(new.token.fence == 2)
            try await expectLost(old.token, t)
            #expect(try await t.complete(new.token, "2").result == json("2"))
            try await expectLost(old.token, t)
        },
        Case("fences increase with every lease and are never used again") { t in
            let job = try await t.submit { $0.spec.maxAttempts = 1 }
            var fences: [Int] = []
            for round in 0..<4 {
                let lease = try await t.lease()
                fences.append(lease.token.fence)
                #expect(lease.job.attempt == 1)
                if round % 2 == 0 {
                    try await t.release(lease.token)
                } else {
                    try await t.fail(lease.token)
                    try await t.retry(job.id)
                }
            }
            #expect(fences == [1, 2, 3, 4])
        },
        Case("a heartbeat renews a lease for its full length") { t in
            let job = try await t.submit()
            let lease = try await t.lease { $0.leaseSeconds = 30 }
            for _ in 0..<5 {
                t.time.advance(seconds: 20)
                let outcome = try await t.store.heartbeat(
                    Heartbeat(workerID: "w1", beats: [.init(token: lease.token)]))
                let renewal = try #require(outcome.renewed.first)
                #expect(renewal.token == lease.token)
                #expect(renewal.expiresAt == t.time.now().adding(seconds: 30))
                #expect(try await t.store.maintain(limit: 10).expiredLeases == 0)
            }
            #expect(try await t.job(job.id).version == 2)
            try await t.complete(lease.token)
        },
        Case("a heartbeat stores and publishes progress, and does not increase the version") { t in
            let job = try await t.submit()
            let lease = try await t.lease()
            let progress = Progress(percent: 40, message: "page 4 of 10")
            let beat = Heartbeat.Beat(token: lease.token, progress: progress)
            _ = try await t.store.heartbeat(Heartbeat(workerID: "w1", beats: [beat]))
            #expect(try await t.job(job.id).progress == progress)
            #expect(try await t.job(job.id).version == 2)
            let change = try #require(t.changes.last)
            #expect(change.isProgress)
            #expect(change.progress == progress)
            #expect(change.version == 2)
            _ = try await t.store.heartbeat(Heartbeat(workerID: "w1", beats: [.init(token: lease.token)]))
            #expect(try await t.job(job.id).progress == progress)
        },
        Case("a heartbeat returns renewed, cancelled and lost leases separately") { t in
            for _ in 0..<3 { try await t.submit() }
            let leases = try await t.claim(3)
            try await t.cancel(leases[1].job.id)
            try await t.release(leases[2].token)
            let outcome = try await t.store.heartbeat(
                Heartbeat(workerID: "w1", beats: leases.map { .init(token: $0.token) }))
            #expect(outcome.renewed.map(\.token) == [leases[0].token])
            #expect(outcome.cancelled == [leases[1].token])
            #expect(outcome.lost == [leases[2].token])
            try await expectLost(leases[1].token, t)
        },
    ]
}
