import LonghaulCore
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    static let changes: [Case] = [
        Case("every change is told once, in the order of versions, with its facts") { t in
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

            let told = t.changes(of: job.id)
            #expect(told.map(\.version) == [1, 2, 3, 4, 5, 6])
            #expect(
                told.map(\.state) == [.pending, .processing, .retrying, .pending, .processing, .completed])
            #expect(told.map(\.previous) == [nil] + told.dropLast().map(\.state))
            #expect(told.map(\.attempt) == [0, 1, 1, 1, 2, 2])
            #expect(told.map(\.waitedSeconds) == [nil, 3, nil, nil, 1, nil])
            #expect(told.map(\.ranSeconds) == [nil, nil, 4, nil, nil, 2])
            #expect(told.map(\.endedFence) == [nil, nil, 1, nil, nil, nil])
            #expect(told.map(\.error) == [nil, nil, error, nil, nil, nil])
            #expect(told.allSatisfy { $0.queue == "default" && $0.kind == "mail" && $0.priority == 7 })
            #expect(told[2].runAt == failed.runAt)
            #expect(told[5].at == t.time.now())
        },
        Case("the history repeats what was told") { t in
            for state in JobState.allCases {
                let job = try await job(in: state, t)
                if state == .failed { try await t.retry(job.id) }
                let told = t.changes(of: job.id)
                #expect(try await t.store.history(job.id, afterVersion: 0) == told)
                #expect(try await t.store.history(job.id, afterVersion: 1) == Array(told.dropFirst()))
                #expect(try await t.store.history(job.id, afterVersion: 99) == [])
            }
            #expect(try await t.store.history(t.ids.next(), afterVersion: 0) == nil)
        },
        Case("changes made for the sake of another job are told too") { t in
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
