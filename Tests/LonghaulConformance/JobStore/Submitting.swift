import LonghaulCore
import LonghaulJSON
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    static let submitting: [Case] = [
        Case("a job is returned with all fields as submitted") { t in
            let parent = try await t.submit("parent")
            let submission = t.submission("mail.send") { submission in
                submission.spec.payload = json(#"{"b":9007199254740993,"a":[1.50]}"#)
                submission.spec.queue = "mail"
                submission.spec.priority = 8
                submission.spec.maxAttempts = 2
                submission.spec.backoff = Backoff(
                    growth: .fixed, initialSeconds: 0.25, factor: 1.5, maxSeconds: 9, jitter: 0)
                submission.spec.timeoutSeconds = 12.5
                submission.spec.expiresAt = t.time.now().adding(seconds: 60)
                submission.spec.retentionSeconds = 77.25
                submission.spec.actor = "user-42"
                submission.spec.onDependencyFailure = .run
                submission.spec.tags = ["customer": "acme", "région": "Île \"de\" France"]
                submission.spec.size = 5_000_000_000
                submission.spec.callbackURL = "https://example.com/done"
                submission.spec.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
                submission.spec.join = JoinRule(waitFor: 1)
                submission.parentID = parent.id
            }
            let job = try t.created(await t.outcome(submission))
            #expect(job.id == submission.id)
            #expect(job.spec == submission.spec)
            #expect(job.state == .pending)
            #expect(job.caller == "tests")
            #expect(job.parentID == submission.parentID)
            #expect(job.version == 1)
            #expect(job.createdAt == t.time.now())
            #expect(job.runAt == t.time.now())
            #expect(try await t.job(job.id) == job)
        },
        Case("payloads of every length are returned byte for byte") { t in
            for length in [0, 255, 256, 257, 5000, 300_000] {
                let payload = json("\"" + String(repeating: "x", count: length) + "\"")
                let job = try await t.submit { $0.spec.payload = payload }
                #expect(try await t.job(job.id).spec.payload == payload)
                let lease = try await t.lease()
                #expect(lease.job.spec.payload == payload)
                #expect(try await t.complete(lease.token, payload.description).result == payload)
            }
        },
        Case("a job with a future time is scheduled, one with a past time is pending") { t in
            let later = t.time.now().adding(seconds: 30)
            let scheduled = try await t.submit { $0.runAt = later }
            #expect(scheduled.state == .scheduled)
            #expect(scheduled.runAt == later)
            let due = try await t.submit { $0.runAt = t.time.now().adding(seconds: -30) }
            #expect(due.state == .pending)
            #expect(try await t.counts() == [.scheduled: 1, .pending: 1])
        },
        Case("outcomes are in order, and an invalid entry does not affect the others") { t in
            let good = t.submission()
            let bad = t.submission { $0.dependsOn = [t.ids.next()] }
            let other = t.submission()
            let outcomes = try await t.store.submit([good, bad, other], allOrNothing: false)
            #expect(try t.created(outcomes[0]).id == good.id)
            #expect(try t.error(outcomes[1]).code == .invalidRequest)
            #expect(try t.created(outcomes[2]).id == other.id)
            #expect(try await t.counts() == [.pending: 2])
        },
        Case("all or nothing: one invalid entry rejects all entries") { t in
            let entries = [
                t.submission { $0.keys = [SubmissionKey(digest: digest(1), lifetime: .whileActive)] },
                t.submission { $0.dependsOn = [t.ids.next()] },
                t.submission { $0.spec.queue = "other" },
            ]
            let outcomes = try await t.store.submit(entries, allOrNothing: true)
            #expect(try outcomes.map { try t.error($0).code } == [.conflict, .invalidRequest, .conflict])
            for entry in entries { #expect(try await t.store.job(entry.id) == nil) }
            #expect(try await t.counts().isEmpty)
            #expect(try await t.store.queue("other") == nil)
            #expect(t.changes.isEmpty)
            let again = try await t.outcome(
                t.submission { $0.keys = [SubmissionKey(digest: digest(1), lifetime: .whileActive)] })
            #expect(try t.created(again).state == .pending)
        },
        Case("all or nothing: valid entries are all stored") { t in
            let entries = (0..<20).map { _ in t.submission() }
            let outcomes = try await t.store.submit(entries, allOrNothing: true)
            #expect(try outcomes.map { try t.created($0).id } == entries.map(\.id))
            #expect(try await t.counts() == [.pending: 20])
        },
        Case("an ID is used once") { t in
            let submission = t.submission()
            _ = try t.created(await t.outcome(submission))
            #expect(try t.error(await t.outcome(submission)).code == .conflict)
            #expect(try await t.counts() == [.pending: 1])
        },
        Case("IDs with equal time and counter are different jobs") { t in
            let base = t.ids.next()
            let others = (0..<20).map { JobID(high: base.high, low: base.low &+ UInt64($0)) }
            for id in others.shuffled() { try await t.submit { $0.id = id } }
            for id in others { #expect(try await t.job(id).id == id) }
            #expect(Set(try await t.claim(20).map(\.job.id)) == Set(others))
        },
    ]
}

/// A digest that is unique for each number.
func digest(_ number: UInt8) -> [UInt8] {
    [UInt8](repeating: number, count: 32)
}
