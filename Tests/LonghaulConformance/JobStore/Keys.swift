import LonghaulCore
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    /// A key that is live for an hour.
    private static func key(
        _ number: UInt8, _ time: ManualTime, fingerprint: UInt8? = nil
    ) -> SubmissionKey {
        SubmissionKey(
            digest: digest(number), fingerprint: fingerprint.map(digest),
            lifetime: .until(time.now().adding(seconds: 3600)))
    }

    static let keys: [Case] = [
        Case("a live key returns the existing job") { t in
            let first = try await t.submit { $0.keys = [key(1, t.time, fingerprint: 5)] }
            let lease = try await t.lease()
            let again = try await t.outcome(t.submission { $0.keys = [key(1, t.time, fingerprint: 5)] })
            #expect(try t.existing(again) == lease.job)
            #expect(lease.job.id == first.id)
            try await t.complete(lease.token)
            let after = try await t.outcome(t.submission { $0.keys = [key(1, t.time, fingerprint: 5)] })
            #expect(try t.existing(after).state == .completed)
            #expect(try await t.counts() == [.completed: 1])
        },
        Case("a live key with another request is rejected") { t in
            try await t.submit { $0.keys = [key(1, t.time, fingerprint: 5)] }
            let other = try await t.outcome(t.submission { $0.keys = [key(1, t.time, fingerprint: 6)] })
            #expect(try t.error(other).code == .idempotencyKeyReused)
            #expect(try await t.counts() == [.pending: 1])
        },
        Case("a key without a fingerprint matches any request") { t in
            let first = try await t.submit { $0.keys = [key(1, t.time)] }
            let other = try await t.outcome(
                t.submission("else") { $0.keys = [key(1, t.time, fingerprint: 6)] })
            #expect(try t.existing(other).id == first.id)
        },
        Case("an expired key is replaced") { t in
            let first = try await t.submit { $0.keys = [key(1, t.time, fingerprint: 5)] }
            t.time.advance(seconds: 3600)
            let second = try await t.submit { $0.keys = [key(1, t.time, fingerprint: 6)] }
            #expect(second.id != first.id)
            let third = try await t.outcome(t.submission { $0.keys = [key(1, t.time, fingerprint: 6)] })
            #expect(try t.existing(third).id == second.id)
        },
        Case("a key with the lifetime of its job is free after the job has ended") { t in
            let active = SubmissionKey(digest: digest(2), lifetime: .whileActive)
            let first = try await t.submit { $0.keys = [active] }
            t.time.advance(seconds: 1_000_000)
            #expect(try t.existing(await t.outcome(t.submission { $0.keys = [active] })).id == first.id)
            try await t.cancel(first.id)
            let second = try await t.submit { $0.keys = [active] }
            #expect(try t.existing(await t.outcome(t.submission { $0.keys = [active] })).id == second.id)
        },
        Case("a key within retention extends its job's retention by at most an hour") { t in
            let day = t.time.now().adding(seconds: 86_400)
            func key(_ number: UInt8) -> SubmissionKey {
                SubmissionKey(digest: digest(number), lifetime: .withinRetention(until: day))
            }
            let brief = try await t.submit {
                $0.keys = [key(1)]
                $0.spec.retentionSeconds = 60
            }
            let long = try await t.submit {
                $0.keys = [key(2)]
                $0.spec.retentionSeconds = 7200
            }
            for job in [brief, long] { try await t.cancel(job.id) }
            t.time.advance(seconds: 3599)
            _ = try await t.store.maintain(limit: 100)
            let again = try await t.outcome(t.submission { $0.keys = [key(1)] })
            #expect(try t.existing(again).id == brief.id)
            t.time.advance(seconds: 1)
            _ = try await t.store.maintain(limit: 100)
            #expect(try await t.store.job(brief.id) == nil)
            t.time.advance(seconds: 3599)
            #expect(try t.existing(await t.outcome(t.submission { $0.keys = [key(2)] })).id == long.id)
            t.time.advance(seconds: 1)
            _ = try await t.store.maintain(limit: 100)
            #expect(try await t.store.job(long.id) == nil)
        },
        Case("the key of a deleted job is free") { t in
            let first = try await t.submit { $0.keys = [key(1, t.time, fingerprint: 5)] }
            try await t.cancel(first.id)
            try await t.delete(first.id)
            try await t.submit { $0.keys = [key(1, t.time, fingerprint: 6)] }
        },
        Case("the second of two equal keys in one call returns the first job") { t in
            let entries = (0..<3).map { _ in t.submission { $0.keys = [key(1, t.time, fingerprint: 5)] } }
            let outcomes = try await t.store.submit(entries, allOrNothing: true)
            #expect(try t.created(outcomes[0]).id == entries[0].id)
            #expect(try t.existing(outcomes[1]).id == entries[0].id)
            #expect(try t.existing(outcomes[2]).id == entries[0].id)
        },
        Case("concurrent submissions with one key create one job") { t in
            let entries = (0..<64).map { _ in t.submission { $0.keys = [key(1, t.time, fingerprint: 5)] } }
            let outcomes = try await withThrowingTaskGroup(of: SubmitOutcome.self) { group in
                for entry in entries { group.addTask { try await t.outcome(entry) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let created = outcomes.compactMap { try? t.created($0).id }
            #expect(created.count == 1)
            #expect(Set(outcomes.compactMap { try? t.existing($0).id }) == Set(created))
            #expect(try await t.counts() == [.pending: 1])
        },
        Case("each of several keys identifies the job") { t in
            let first = try await t.submit { $0.keys = [key(1, t.time), key(2, t.time)] }
            let byFirst = try await t.outcome(t.submission { $0.keys = [key(1, t.time), key(3, t.time)] })
            let bySecond = try await t.outcome(t.submission { $0.keys = [key(4, t.time), key(2, t.time)] })
            #expect(try t.existing(byFirst).id == first.id)
            #expect(try t.existing(bySecond).id == first.id)
            try await t.submit { $0.keys = [key(3, t.time)] }
        },
        Case("entries that depend on a duplicate depend on the existing job") { t in
            let first = try await t.submit { $0.keys = [key(1, t.time)] }
            let duplicate = t.submission { $0.keys = [key(1, t.time)] }
            let dependent = t.submission { $0.dependsOn = [duplicate.id] }
            let outcomes = try await t.store.submit([duplicate, dependent], allOrNothing: true)
            #expect(try t.existing(outcomes[0]).id == first.id)
            #expect(try t.created(outcomes[1]).dependsOn == [first.id])
            #expect(try t.created(outcomes[1]).state == .blocked)
        },
        Case("a key with the lifetime of its job identifies it in every state that is not final") { t in
            for state in JobState.allCases {
                let active = SubmissionKey(digest: digest(1), lifetime: .whileActive)
                let job = try await job(in: state, t) { $0.keys = [active] }
                let again = try await t.outcome(t.submission { $0.keys = [active] })
                if state.isFinal {
                    #expect(try t.created(again).id != job.id)
                } else {
                    #expect(try t.existing(again).id == job.id)
                    #expect(try t.existing(again).state == state)
                }
                // The job ends, so that its key is free for the next round.
                let all = try await t.store.jobs(JobFilter(), after: nil, limit: 100).jobs
                _ = await t.store.cancel(all.map(\.id))
            }
        },
        Case("a retried job gets its key back if no other job has it") { t in
            let active = SubmissionKey(digest: digest(2), lifetime: .whileActive)
            let first = try await t.submit { $0.keys = [active] }
            try await t.cancel(first.id)
            try await t.retry(first.id)
            #expect(try t.existing(await t.outcome(t.submission { $0.keys = [active] })).id == first.id)
            try await t.cancel(first.id)
            let second = try await t.submit { $0.keys = [active] }
            try await t.retry(first.id)
            #expect(try t.existing(await t.outcome(t.submission { $0.keys = [active] })).id == second.id)
        },
        Case("a job is not removed while a key with a fixed lifetime identifies it") { t in
            let job = try await t.submit {
                $0.spec.retentionSeconds = 0
                $0.keys = [key(1, t.time, fingerprint: 5)]
            }
            try await t.cancel(job.id)
            t.time.advance(seconds: 3599)
            #expect(try await t.store.maintain(limit: 10).purged.isEmpty)
            let again = try await t.outcome(t.submission { $0.keys = [key(1, t.time, fingerprint: 5)] })
            #expect(try t.existing(again).id == job.id)
            t.time.advance(seconds: 1)
            #expect(try await t.store.maintain(limit: 10).purged == [job.id])
        },
        Case("the idempotency key of a duplicate identifies the existing job from then on") { t in
            let active = SubmissionKey(digest: digest(2), lifetime: .whileActive)
            let first = try await t.submit { $0.keys = [active] }
            func send() async throws -> SubmitOutcome {
                try await t.outcome(t.submission { $0.keys = [key(1, t.time, fingerprint: 5), active] })
            }
            #expect(try t.existing(await send()).id == first.id)
            try await t.cancel(first.id)
            #expect(try t.existing(await send()).id == first.id)
        },
        Case("two entries of one call with one key and different requests reject the whole call") { t in
            let entries = [UInt8(5), 6].map { print in
                t.submission { $0.keys = [key(1, t.time, fingerprint: print)] }
            }
            let outcomes = try await t.store.submit(entries, allOrNothing: true)
            #expect(try t.error(outcomes[0]).code == .conflict)
            #expect(try t.error(outcomes[1]).code == .idempotencyKeyReused)
            #expect(try await t.counts() == [:])
        },
    ]
}
