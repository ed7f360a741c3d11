import LonghaulCore
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    /// Brings a new job to a state.
    static func job(
        in state: JobState, _ t: JobStoreFixture, _ change: (inout Submission) -> Void = { _ in }
    ) async throws -> Job {
        switch state {
        case .scheduled:
            return try await t.submit {
                $0.runAt = t.time.now().adding(seconds: 50)
                change(&$0)
            }
        case .blocked:
            let other = try await t.submit { $0.spec.queue = "aside" }
            return try await t.submit {
                $0.dependsOn = [other.id]
                change(&$0)
            }
        case .pending:
            return try await t.submit("work", change)
        case .cancelled:
            return try await t.cancel(try await t.submit("work", change).id)
        case .processing, .retrying, .suspended, .completed, .failed:
            let kind = "only-\(state.rawValue)"
            let job = try await t.submit(kind) {
                $0.spec.maxAttempts = 2
                change(&$0)
            }
            let lease = try await t.lease {
                $0.kinds = [kind]
                $0.queues = [job.spec.queue]
            }
            switch state {
            case .retrying: return try await t.fail(lease.token, retryIn: 50)
            case .suspended:
                var timer = OperationUpdate(.start, .timer, id: "1", name: "pause")
                timer.options.seconds = 50
                _ = try await t.store.updateJournal(lease.token, [StoreOperationUpdate(timer)])
                _ = try await t.store.suspend(lease.token, on: ["1"])
                return try await t.job(job.id)
            case .completed: return try await t.complete(lease.token)
            case .failed:
                return try await t.fail(lease.token, JobError(type: "x", message: "", retryable: false))
            default: return try await t.job(job.id)
            }
        }
    }

    static let operatorActions: [Case] = [
        Case("jobs that have not ended can be cancelled, ended jobs cannot") { t in
            for state in JobState.allCases {
                let job = try await job(in: state, t)
                #expect(job.state == state)
                guard !state.isFinal else {
                    #expect(await t.code { try await t.cancel(job.id) } == .conflict)
                    continue
                }
                let cancelled = try await t.cancel(job.id)
                #expect(cancelled.state == .cancelled)
                #expect(cancelled.finishedAt == t.time.now())
                #expect(try await t.job(job.id) == cancelled)
            }
            #expect(await t.code { try await t.cancel(t.ids.next()) } == .notFound)
        },
        Case("cancelling a leased job ends its attempt") { t in
            let job = try await t.submit()
            _ = try await t.lease()
            t.time.advance(seconds: 2)
            let cancelled = try await t.cancel(job.id)
            #expect(cancelled.attempts.map(\.error?.type) == ["cancelled"])
            #expect(cancelled.attempts.first?.finishedAt == t.time.now())
            #expect(try await t.counts() == [.cancelled: 1])
            #expect(try await t.store.maintain(limit: 10).expiredLeases == 0)
        },
        Case("failed, cancelled and retrying jobs can be retried, and their attempts are reset") { t in
            for state in JobState.allCases {
                let job = try await job(in: state, t)
                guard state == .failed || state == .cancelled || state == .retrying else {
                    #expect(await t.code { try await t.retry(job.id) } == .conflict)
                    continue
                }
                t.time.advance(seconds: 1)
                let again = try await t.retry(job.id)
                #expect(again.state == .pending)
                #expect(again.attempt == 0)
                #expect(again.attempts.isEmpty)
                #expect(again.error == nil)
                #expect(again.startedAt == nil)
                #expect(again.finishedAt == nil)
                #expect(again.worker == nil)
                #expect(again.runAt == t.time.now())
                #expect(again.version == job.version + 1)
                #expect(try await t.job(job.id) == again)
            }
            #expect(await t.code { try await t.retry(t.ids.next()) } == .notFound)
        },
        Case("scheduled and retrying jobs can run now, with their attempts") { t in
            for state in JobState.allCases {
                let job = try await job(in: state, t)
                guard state == .scheduled || state == .retrying else {
                    #expect(await t.code { _ = try await t.store.runNow(job.id) } == .conflict)
                    continue
                }
                t.time.advance(seconds: 1)
                let pending = try await t.store.runNow(job.id)
                #expect(pending.state == .pending && pending.attempt == job.attempt)
                #expect(pending.attempts == job.attempts && pending.runAt == t.time.now())
                #expect(pending.version == job.version + 1)
                #expect(try await t.job(job.id) == pending)
                let lease = try await t.lease {
                    $0.kinds = [job.spec.kind]
                    $0.queues = [job.spec.queue]
                }
                #expect(lease.job.id == job.id && lease.job.attempt == job.attempt + 1)
            }
            #expect(await t.code { _ = try await t.store.runNow(t.ids.next()) } == .notFound)
        },
        Case("a redriven job has all its attempts again, and can end again") { t in
            let job = try await job(in: .failed, t)
            try await t.retry(job.id)
            let first = try await t.lease()
            #expect(first.job.attempt == 1)
            #expect(first.job.attempts.count == 1)
            try await t.fail(first.token, retryIn: 1)
            t.time.advance(seconds: 1)
            _ = try await t.store.maintain(limit: 10)
            let done = try await t.complete(try await t.lease().token)
            #expect(done.attempts.map(\.number) == [1, 2])
        },
        Case("ended jobs can be deleted with all their data") { t in
            for state in JobState.allCases {
                let job = try await job(in: state, t)
                guard state.isFinal else {
                    #expect(await t.code { try await t.delete(job.id) } == .conflict)
                    continue
                }
                try await t.delete(job.id)
                #expect(try await t.store.job(job.id) == nil)
                #expect(try await t.store.history(job.id, afterVersion: 0) == nil)
                #expect(try await t.store.logs(job.id, after: 0, limit: 1) == nil)
                #expect(await t.code { try await t.delete(job.id) } == .notFound)
                #expect(try await t.counts()[state] == nil)
            }
        },
    ]
}
