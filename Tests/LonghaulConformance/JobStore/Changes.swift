import LonghaulCore
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    static let changes: [Case] = [
        Case("each change is published once, in the order of versions, with its details") { t in
            let job = try await t.submit("mail") { $0.spec.priority = 7 }
            t.time.advance(seconds: 3)
            let first = try await t.lease()
            t.time.advance(seconds: 4)
            let error = JobError(type: "io", message: "no")
            let failed = try await t.fail(first.token, error, retryIn: 10)
            t.time.set(failed.runAt)
            _ = try await t.store.maintain(limit: 10)
            t.time.advance(seconds: 1)
            let second = try await t.lease()
            t.time.advance(seconds: 2)
            try await t.complete(second.token)

            let published = t.changes(of: job.id)
            #expect(published.map(\.version) == [1, 2, 3, 4, 5, 6])
            #expect(
                published.map(\.state) == [
                    .pending, .processing, .retrying, .pending, .processing, .completed,
                ])
            #expect(published.map(\.previous) == [nil] + published.dropLast().map(\.state))
            #expect(published.map(\.attempt) == [0, 1, 1, 1, 2, 2])
            #expect(published.map(\.waitedSeconds) == [nil, 3, nil, nil, 1, nil])
            #expect(published.map(\.ranSeconds) == [nil, nil, 4, nil, nil, 2])
            #expect(published.map(\.endedFence) == [nil, nil, 1, nil, nil, nil])
            #expect(published.map(\.error) == [nil, nil, error, nil, nil, nil])
            #expect(published.allSatisfy { $0.queue == "default" && $0.kind == "mail" && $0.priority == 7 })
            #expect(published[2].runAt == failed.runAt)
            #expect(published[5].at == t.time.now())
        },
        Case("the history returns the published changes") { t in
            for state in JobState.allCases {
                let job = try await job(in: state, t)
                if state == .failed { try await t.retry(job.id) }
                let published = t.changes(of: job.id)
                #expect(try await t.store.history(job.id, afterVersion: 0) == published)
                #expect(try await t.store.history(job.id, afterVersion: 1) == Array(published.dropFirst()))
                #expect(try await t.store.history(job.id, afterVersion: 99) == [])
            }
            #expect(try await t.store.history(t.ids.next(), afterVersion: 0) == nil)
        },
        Case("of a job with many changes, the history returns the last ones") { t in
            let job = try await t.submit()
            for _ in 0..<200 { _ = try await t.release(try await t.lease().token) }
            let published = t.changes(of: job.id)
            #expect(published.count == 401)
            #expect(try await t.job(job.id).version == 401)
            let history = try await t.store.history(job.id, afterVersion: 0) ?? []
            #expect((100...256).contains(history.count))
            #expect(history == Array(published.suffix(history.count)))
            #expect(try await t.store.history(job.id, afterVersion: 399) == Array(published.suffix(2)))
        },
        Case("a change of a dependent job is published") { t in
            let first = try await t.submit()
            let waiting = try await t.submit { $0.dependsOn = [first.id] }
            try await t.cancel(first.id)
            let change = try #require(t.changes(of: waiting.id).last)
            #expect(change.state == .cancelled)
            #expect(change.previous == .blocked)
            #expect(change.error == .dependencyFailed(first.id))
        },
    ]
}
