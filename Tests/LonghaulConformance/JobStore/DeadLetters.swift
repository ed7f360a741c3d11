import LonghaulCore
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    /// Submits a job and makes it a dead letter.
    @discardableResult
    private static func kill(
        _ t: JobStoreFixture, _ message: String, type: String = "io", kind: String = "work",
        queue: String = "default", _ change: (inout Submission) -> Void = { _ in }
    ) async throws -> Job {
        let job = try await t.submit(kind) {
            $0.spec.queue = queue
            change(&$0)
        }
        let lease = try await t.lease {
            $0.queues = [queue]
            $0.kinds = [kind]
        }
        #expect(lease.job.id == job.id)
        t.time.advance(seconds: 1)
        return try await t.fail(lease.token, JobError(type: type, message: message, retryable: false))
    }

    private static func groups(
        _ t: JobStoreFixture, _ change: (inout DeadLetterGroupFilter) -> Void = { _ in }
    ) async throws -> [DeadLetterGroup] {
        var filter = DeadLetterGroupFilter()
        change(&filter)
        return try await t.store.deadLetterGroups(filter, after: nil, limit: 500).groups
    }

    private static func settle(
        _ t: JobStoreFixture, _ ids: [JobID], by action: DeadLetterAction,
        _ change: (inout JobFilter) -> Void = { _ in }
    ) async -> [LonghaulError.Code?] {
        var filter = JobFilter()
        change(&filter)
        return await t.store.resolveDeadLetters(ids, by: action, matching: filter).map {
            if case .failure(let error) = $0 { error.code } else { nil }
        }
    }

    static let deadLetters: [Case] = [
        Case("a dead letter has the fingerprint of its error, and other jobs have none") { t in
            let dead = try await kill(t, "disk 7 is full")
            let error = try #require(dead.error)
            #expect(dead.fingerprint == ErrorFingerprint.of(kind: "work", error: error))
            #expect(try await t.job(dead.id) == dead)
            #expect(try await t.retry(dead.id).fingerprint == nil)
            #expect(try await t.job(dead.id).fingerprint == nil)
            let failed = try await t.fail(try await t.lease().token)
            #expect(failed.state == .retrying)
            #expect(failed.fingerprint == nil)
        },
        Case("jobs that fail because of a dependency are dead letters") { t in
            let cause = try await t.submit()
            let waiting = try await t.submit("after") {
                $0.dependsOn = [cause.id]
                $0.spec.onDependencyFailure = .fail
            }
            try await t.cancel(cause.id)
            let late = try await t.submit("after") {
                $0.dependsOn = [cause.id]
                $0.spec.onDependencyFailure = .fail
            }
            #expect(late.state == .failed)
            #expect(try await t.job(late.id) == late)
            let group = try #require(try await groups(t).first)
            #expect(group.count == 2)
            #expect(group.errorType == "dependency_failed")
            #expect(try await t.job(waiting.id).fingerprint == group.fingerprint)
            #expect(late.fingerprint == group.fingerprint)
        },
        Case("groups count dead letters by queue, kind and fingerprint") { t in
            let first = try await kill(t, "disk 1 is full")
            for number in 2...4 { try await kill(t, "disk \(number) is full") }
            let last = try await kill(t, "disk 5 is full")
            try await kill(t, "disk 6 is full", kind: "other")
            try await kill(t, "disk 7 is full", queue: "mail")
            try await kill(t, "disk 8 is full", type: "net")
            try await kill(t, "no route", type: "net")
            try await kill(t, "no route", type: "net")
            let all = try await groups(t)
            #expect(all.map(\.count) == [5, 2, 1, 1, 1])
            let largest = try #require(all.first)
            #expect(largest.kind == "work")
            #expect(largest.queue == "default")
            #expect(largest.errorType == "io")
            #expect(largest.fingerprint == first.fingerprint)
            #expect(largest.firstSeenAt == first.finishedAt)
            #expect(largest.lastSeenAt == last.finishedAt)
            #expect(largest.example?.jobID == last.id)
            #expect(largest.example?.error == last.error)
            #expect(try await groups(t) { $0.kind = "other" }.map(\.kind) == ["other"])
            #expect(try await groups(t) { $0.queue = "mail" }.map(\.queue) == ["mail"])
            #expect(try await groups(t) { $0.errorType = "net" }.map(\.count) == [2, 1])
            #expect(try await groups(t) { $0.fingerprint = first.fingerprint }.map(\.count) == [5, 1])
            #expect(try await groups(t) { $0.kind = "none" }.isEmpty)
        },
        Case("pages of any size return each group once") { t in
            for (word, count) in [("a", 3), ("b", 1), ("c", 1), ("d", 2), ("e", 1)] {
                for _ in 0..<count { try await kill(t, word) }
            }
            let all = try await groups(t)
            for limit in 1...5 {
                var found: [DeadLetterGroup] = []
                var cursor: DeadLetterGroupCursor?
                repeat {
                    let page = try await t.store.deadLetterGroups(
                        DeadLetterGroupFilter(), after: cursor, limit: limit)
                    #expect(page.groups.count == limit || page.next == nil)
                    found += page.groups
                    cursor = page.next
                } while cursor != nil && found.count < 50
                #expect(found == all)
            }
        },
        Case("a group shrinks with every job that leaves it, and ends with the last") { t in
            var jobs: [Job] = []
            for number in 0..<6 {
                jobs.append(
                    try await kill(t, "disk \(number)") {
                        $0.spec.retentionSeconds = number == 0 ? 100 : 9999
                    })
            }
            func count() async throws -> Int { try await groups(t).first?.count ?? 0 }
            try await t.retry(jobs[5].id)
            #expect(try await count() == 5)
            #expect(try await groups(t).first?.example?.jobID == jobs[4].id)
            try await t.delete(jobs[4].id)
            #expect(try await count() == 4)
            t.time.advance(seconds: 100)
            #expect(try await t.store.maintain(limit: 10).purged == [jobs[0].id])
            #expect(try await count() == 3)
            #expect(await settle(t, [jobs[1].id], by: .redrive) == [nil])
            #expect(await settle(t, [jobs[2].id], by: .discard) == [nil])
            #expect(try await count() == 1)
            #expect(await settle(t, [jobs[3].id], by: .redrive) == [nil])
            #expect(try await groups(t).isEmpty)
            // The group starts again.
            let lease = try await t.lease()
            try await t.fail(lease.token, JobError(type: "io", message: "disk 9", retryable: false))
            #expect(try await groups(t).first?.firstSeenAt == t.time.now())
        },
        Case("lists filter dead letters by fingerprint and error type") { t in
            let one = try await kill(t, "disk 1")
            let two = try await kill(t, "disk 2", queue: "mail") { $0.spec.actor = "eve" }
            let three = try await kill(t, "no route", type: "net") { $0.spec.tags = ["a": "b"] }
            try await t.submit()
            func ids(_ change: (inout JobFilter) -> Void) async throws -> [JobID] {
                var filter = JobFilter()
                change(&filter)
                let found = try await t.store.jobs(filter, after: nil, limit: 10).jobs.map(\.id)
                #expect(try await t.store.jobIDs(filter, after: nil, limit: 10).ids == found)
                return found
            }
            #expect(try await ids { $0.fingerprint = one.fingerprint } == [two.id, one.id])
            #expect(try await ids { $0.errorType = "io" } == [two.id, one.id])
            #expect(try await ids { $0.errorType = "net" } == [three.id])
            #expect(try await ids { $0.states = [.failed] } == [three.id, two.id, one.id])
            #expect(
                try await ids {
                    $0.errorType = "io"
                    $0.actor = "eve"
                } == [two.id])
            #expect(
                try await ids {
                    $0.errorType = "io"
                    $0.tags = ["a": "b"]
                } == [])
            #expect(
                try await ids {
                    $0.fingerprint = one.fingerprint
                    $0.queue = "default"
                } == [one.id])
            #expect(
                try await ids {
                    $0.fingerprint = three.fingerprint
                    $0.errorType = "io"
                } == [])
            #expect(
                try await ids {
                    $0.fingerprint = one.fingerprint
                    $0.states = [.pending]
                } == [])
        },
        Case("pages of IDs match the pages of jobs") { t in
            for _ in 0..<5 { try await t.submit() }
            let first = try await t.store.jobIDs(JobFilter(), after: nil, limit: 3)
            #expect(first.ids.count == 3)
            let rest = try await t.store.jobIDs(JobFilter(), after: first.next, limit: 3)
            #expect(rest.ids.count == 2 && rest.next == nil)
            let jobs = try await t.store.jobs(JobFilter(), after: nil, limit: 10).jobs
            #expect(first.ids + rest.ids == jobs.map(\.id))
        },
        Case("a redrive resets the attempts, a discard removes all data") { t in
            let one = try await kill(t, "disk 1")
            let two = try await kill(t, "disk 2")
            #expect(await settle(t, [one.id, two.id], by: .redrive) == [nil, nil])
            let again = try await t.job(one.id)
            #expect(again.state == .pending)
            #expect(again.attempt == 0 && again.attempts.isEmpty && again.error == nil)
            #expect(try await t.claim(2).map(\.attempt) == [1, 1])
            let three = try await kill(t, "disk 3")
            #expect(await settle(t, [three.id], by: .discard) == [nil])
            #expect(try await t.store.job(three.id) == nil)
            #expect(try await t.counts() == [.processing: 2])
        },
        Case("only matching dead letters are redriven or discarded, each once") { t in
            let dead = try await kill(t, "disk 1")
            let alive = try await t.submit()
            let cancelled = try await t.submit()
            try await t.cancel(cancelled.id)
            let ids = [alive.id, cancelled.id, t.ids.next(), dead.id, dead.id]
            for action in DeadLetterAction.allCases {
                #expect(await settle(t, [dead.id], by: action) { $0.fingerprint = "0" } == [.conflict])
                #expect(await settle(t, [dead.id], by: action) { $0.errorType = "net" } == [.conflict])
            }
            let answers = await settle(t, ids, by: .redrive) {
                $0.fingerprint = dead.fingerprint
                $0.errorType = "io"
            }
            #expect(answers == [.conflict, .conflict, .notFound, nil, .conflict])
            #expect(await settle(t, ids, by: .discard).allSatisfy { $0 != nil })
            #expect(try await t.counts() == [.pending: 2, .cancelled: 1])
        },
    ]
}
