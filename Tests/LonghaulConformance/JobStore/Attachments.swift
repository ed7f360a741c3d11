import LonghaulCore
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    private static func file(_ name: String, _ token: LeaseToken, size: Int64 = 10) -> Artifact {
        Artifact(
            name: name, sizeBytes: size, contentType: "image/png", sha256: String(repeating: "a", count: 64),
            fence: token.fence)
    }

    static let attachments: [Case] = [
        Case("log lines have numbers and the attempt that wrote them") { t in
            let job = try await t.submit()
            let first = try await t.lease()
            let lines = LogLine.Level.allCases.map {
                LogLine(at: t.time.now(), level: $0, message: "is \($0)")
            }
            try await t.store.appendLogs(first.token, lines)
            try await t.fail(first.token, retryIn: 1)
            t.time.advance(seconds: 1)
            _ = try await t.store.maintain(limit: 10)
            let second = try await t.lease()
            try await t.store.appendLogs(second.token, [LogLine(at: t.time.now(), message: "")])
            let log = try #require(try await t.store.logs(job.id, after: 0, limit: 100))
            #expect(log.map(\.number) == [1, 2, 3, 4, 5])
            #expect(log.map(\.attempt) == [1, 1, 1, 1, 2])
            #expect(log.prefix(4).map(\.line) == lines)
            #expect(try await t.store.logs(job.id, after: 3, limit: 1)?.map(\.number) == [4])
            #expect(try await t.store.logs(t.ids.next(), after: 0, limit: 1) == nil)
        },
        Case("the newest 10,000 log lines of a job are kept") { t in
            let job = try await t.submit()
            let lease = try await t.lease()
            for batch in 0..<11 {
                let lines = (0..<1000).map { LogLine(at: t.time.now(), message: "\(batch * 1000 + $0)") }
                try await t.store.appendLogs(lease.token, lines)
            }
            let log = try #require(try await t.store.logs(job.id, after: 0, limit: 20_000))
            #expect(log.count == 10_000)
            #expect(log.first?.line.message == "1000")
            #expect(log.last?.line.message == "10999")
            #expect(log.last?.number == 11_000)
        },
        Case("the oldest lines of a log beyond its maximum size are removed") { t in
            t.limitAttachments { $0.logBytes = 100_000 }
            let job = try await t.submit()
            let lease = try await t.lease()
            let text = String(repeating: "x", count: 1000)
            for _ in 0..<4 {
                let lines = (0..<250).map { _ in LogLine(at: t.time.now(), message: text) }
                try await t.store.appendLogs(lease.token, lines)
            }
            let log = try #require(try await t.store.logs(job.id, after: 0, limit: 2000))
            #expect(log.count == 100)
            #expect(log.last?.number == 1000)
        },
        Case("the number and total size of an attempt's artifacts are limited") { t in
            t.limitAttachments {
                $0.artifacts = 2
                $0.artifactBytes = 100
            }
            try await t.submit()
            let token = try await t.lease().token
            try await t.store.putArtifact(token, file("a", token, size: 60))
            #expect(
                await t.code { try await t.store.putArtifact(token, file("b", token, size: 60)) }
                    == .payloadTooLarge)
            try await t.store.putArtifact(token, file("a", token, size: 70))
            try await t.store.putArtifact(token, file("b", token, size: 30))
            #expect(
                await t.code { try await t.store.putArtifact(token, file("c", token, size: 0)) }
                    == .payloadTooLarge)
            let usage = try await t.store.artifactUsage(token, besides: "a")
            #expect(usage == AttachmentUsage(count: 1, bytes: 30))
            try await t.fail(token, retryIn: 1)
            #expect(await t.code { _ = try await t.store.artifactUsage(token, besides: "a") } == .leaseLost)
        },
        Case("checkpoints are limited as operations of the journal, over all attempts") { t in
            t.limitJournal {
                $0.operations = 2
                $0.outputBytes = 7
            }
            try await t.submit()
            let first = try await t.lease()
            _ = try await t.store.putStep(first.token, name: "a", output: json("1234567"))
            try await t.fail(first.token, retryIn: 1)
            t.time.advance(seconds: 1)
            _ = try await t.store.maintain(limit: 10)
            let token = try await t.lease().token
            func put(_ name: String, _ text: String) async throws {
                _ = try await t.store.putStep(token, name: name, output: json(text))
            }
            #expect(await t.code { try await put("b", "12345678") } == .payloadTooLarge)
            try await put("a", "12345678")
            try await put("b", "123")
            #expect(await t.code { try await put("c", "1") } == .payloadTooLarge)
        },
        Case("a checkpoint is written once, and later attempts read it") { t in
            try await t.submit()
            let first = try await t.lease()
            #expect(try await t.store.step(first.token, name: "a") == nil)
            #expect(try await t.store.putStep(first.token, name: "a", output: json("1")) == json("1"))
            #expect(try await t.store.putStep(first.token, name: "a", output: json("2")) == json("1"))
            try await t.fail(first.token, retryIn: 1)
            t.time.advance(seconds: 1)
            _ = try await t.store.maintain(limit: 10)
            let second = try await t.lease()
            #expect(try await t.store.step(second.token, name: "a") == json("1"))
            #expect(try await t.store.step(second.token, name: "b") == nil)
        },
        Case("a job lists the artifacts of the completed attempt by name") { t in
            let job = try await t.submit()
            let first = try await t.lease()
            try await t.store.putArtifact(first.token, file("old.png", first.token))
            try await t.fail(first.token, retryIn: 1)
            t.time.advance(seconds: 1)
            _ = try await t.store.maintain(limit: 10)
            let second = try await t.lease()
            try await t.store.putArtifact(second.token, file("b.png", second.token))
            try await t.store.putArtifact(second.token, file("a.png", second.token))
            try await t.store.putArtifact(second.token, file("b.png", second.token, size: 99))
            #expect(try await t.job(job.id).artifacts.isEmpty)
            let expected = [file("a.png", second.token), file("b.png", second.token, size: 99)]
            #expect(try await t.complete(second.token).artifacts == expected)
            #expect(try await t.job(job.id).artifacts == expected)
        },
        Case("removed jobs with artifacts are listed, and those without are not") { t in
            for _ in 0..<2 { try await t.submit { $0.spec.retentionSeconds = 100 } }
            let leases = try await t.claim(2)
            try await t.store.putArtifact(leases[1].token, file("a.png", leases[1].token))
            for lease in leases { try await t.complete(lease.token) }
            t.time.advance(seconds: 100)
            let done = try await t.store.maintain(limit: 10)
            #expect(Set(done.purged) == Set(leases.map(\.job.id)))
            #expect(done.purgedWithArtifacts == [leases[1].job.id])
        },
        Case("an attempt owns its artifacts while it is current, and processing or completed") { t in
            for _ in 0..<4 { try await t.submit() }
            let leases = try await t.claim(4)
            try await t.store.putArtifact(leases[0].token, file("a.png", leases[0].token))
            for name in ["a.png", "b.png"] {
                try await t.store.putArtifact(leases[1].token, file(name, leases[1].token))
            }
            try await t.complete(leases[1].token)
            try await t.store.putArtifact(leases[2].token, file("a.png", leases[2].token))
            try await t.fail(leases[2].token)
            try await t.cancel(leases[3].job.id)
            let present = leases.map { ArtifactFolder(jobID: $0.job.id, fence: $0.token.fence) }
            let others = [
                ArtifactFolder(jobID: leases[0].job.id, fence: 0),
                ArtifactFolder(jobID: t.ids.next(), fence: 1),
            ]
            #expect(
                try await t.store.artifactOwners(present + others) == [
                    present[0]: .running, present[1]: .completed(files: ["a.png", "b.png"]),
                ])
        },
    ]
}
