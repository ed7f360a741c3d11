import LonghaulCore
import LonghaulJSON
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    /// Stores a parent that waits for this number of children. Returns the children, then the parent.
    private static func family(
        _ t: JobStoreFixture, children: Int, keys: [SubmissionKey] = [],
        _ change: (inout Submission) -> Void = { _ in }
    ) -> [Submission] {
        let parent = t.ids.next()
        let entries = (0..<children).map { index in
            t.submission("child") {
                $0.parentID = parent
                $0.spec.maxAttempts = 1
            }
        }
        let last = t.submission("parent") {
            $0.id = parent
            $0.dependsOn = entries.map(\.id)
            $0.keys = keys
            change(&$0)
        }
        return entries + [last]
    }

    @discardableResult
    private static func store(_ entries: [Submission], _ t: JobStoreFixture) async throws -> [Job] {
        try await t.store.submit(entries, allOrNothing: true).map { try t.created($0) }
    }

    static let families: [Case] = [
        Case("a parent waits for its children, and receives their results and IDs") { t in
            let entries = family(t, children: 3)
            let stored = try await store(entries, t)
            #expect(stored.map(\.state) == [.pending, .pending, .pending, .blocked])
            #expect(stored.dropLast().map(\.parentID) == Array(repeating: entries[3].id, count: 3))
            for index in 0..<3 {
                #expect(try await t.job(entries[3].id).state == .blocked)
                try await t.complete(try await t.lease().token, "\(index)")
            }
            let lease = try await t.lease()
            #expect(lease.job.id == entries[3].id)
            let results = lease.job.dependencies
            #expect(results.map(\.id) == entries.dropLast().map(\.id))
            #expect(results.map(\.result?.description) == ["0", "1", "2"])
            #expect(results.map(\.state) == [.completed, .completed, .completed])
            #expect(lease.job.children == entries.dropLast().map(\.id))
            #expect(lease.job.childrenCount == 3)
            #expect(lease.job.ancestors.isEmpty)
            let child = try await t.job(entries[0].id)
            #expect(child.ancestors.map(\.id) == [entries[3].id])
            var filter = JobFilter()
            filter.parentID = entries[3].id
            let page = try await t.store.jobs(filter, after: nil, limit: 2)
            #expect(page.jobs.map(\.id) == [entries[2].id, entries[1].id])
            let rest = try await t.store.jobs(filter, after: page.next, limit: 2)
            #expect(rest.jobs.map(\.id) == [entries[0].id])
            #expect(rest.next == nil)
        },
        Case("a parent with the policy run starts after its children have ended in any way") {
            t in
            let soon = t.time.now().adding(seconds: 5)
            var entries = family(t, children: 4) { $0.spec.onDependencyFailure = .run }
            entries[0].spec.expiresAt = soon
            entries[3].spec.retentionSeconds = 0
            try await store(entries, t)
            try await t.cancel(entries[3].id)
            try await t.delete(entries[3].id)
            try await t.cancel(entries[2].id)
            t.time.set(soon)
            _ = try await t.store.maintain(limit: 10)
            #expect(try await t.job(entries[4].id).state == .blocked)
            try await t.fail(try await t.lease { $0.kinds = ["child"] }.token)
            let job = try await t.lease { $0.kinds = ["parent"] }.job
            // The deleted child is missing; the others have their final state.
            #expect(job.dependencies.map(\.state) == [.cancelled, .failed, .cancelled])
            #expect(job.dependencies.map(\.error?.type) == ["expired", "boom", nil])
        },
        Case("a job that waits for some of its dependencies starts when enough have completed") { t in
            let entries = family(t, children: 4) { $0.spec.join.waitFor = 2 }
            try await store(entries, t)
            try await t.fail(try await t.lease().token)
            try await t.complete(try await t.lease().token)
            #expect(try await t.job(entries[4].id).state == .blocked)
            try await t.complete(try await t.lease().token)
            #expect(try await t.job(entries[4].id).state == .pending)
            try await t.complete(try await t.lease { $0.kinds = ["child"] }.token)
            #expect(try await t.job(entries[4].id).state == .pending)
        },
        Case("such a job fails as soon as too few dependencies can complete") { t in
            for (policy, state) in [
                (JobSpec.DependencyPolicy.cancel, JobState.cancelled), (.fail, .failed),
            ] {
                let entries = family(t, children: 3) {
                    $0.spec.join.waitFor = 2
                    $0.spec.onDependencyFailure = policy
                }
                try await store(entries, t)
                try await t.cancel(entries[0].id)
                #expect(try await t.job(entries[3].id).state == .blocked)
                try await t.cancel(entries[1].id)
                let parent = try await t.job(entries[3].id)
                #expect(parent.state == state)
                #expect(parent.error == .dependencyFailed(entries[1].id))
                try await t.cancel(entries[2].id)
            }
        },
        Case("dependencies that ended before count towards the number") { t in
            let done = try await job(in: .completed, t)
            let failed = try await job(in: .failed, t)
            let open = try await t.submit("open")
            func wait(for count: Int, of ids: [JobID]) async throws -> JobState {
                let waiting = try await t.submit("work") { submission in
                    submission.dependsOn = ids
                    submission.spec.join.waitFor = count
                }
                return waiting.state
            }
            #expect(try await wait(for: 1, of: [done.id, failed.id, open.id]) == .pending)
            #expect(try await wait(for: 2, of: [done.id, failed.id, open.id]) == .blocked)
            #expect(try await wait(for: 3, of: [done.id, failed.id, open.id]) == .cancelled)
            #expect(try await wait(for: 2, of: [done.id, failed.id]) == .cancelled)
        },
        Case("a job that only collects results completes with the results of its dependencies") { t in
            let entries = family(t, children: 2) {
                $0.spec.join.collects = true
                $0.spec.onDependencyFailure = .run
            }
            let after = t.submission("after") { $0.dependsOn = [entries[2].id] }
            try await store(entries + [after], t)
            try await t.complete(try await t.lease().token, #"{"a":1}"#)
            try await t.fail(try await t.lease().token)
            let parent = try await t.job(entries[2].id)
            #expect(parent.state == .completed)
            #expect(parent.attempt == 0)
            let result = try JSONDocument(parsing: try #require(parent.result).bytes).root
            #expect(result.elements.map { $0["id"]?.string } == entries.prefix(2).map(\.id.description))
            #expect(result.elements.map { $0["state"]?.string } == ["completed", "failed"])
            #expect(result.elements[0]["result"]?.text.description == #"{"a":1}"#)
            #expect(result.elements[1]["error"]?["type"]?.string == "boom")
            #expect(try await t.lease().job.id == after.id)
            #expect(t.changes(of: parent.id).map(\.state) == [.blocked, .completed])
        },
        Case("a job that collects results of ended jobs is stored as completed") { t in
            let done = try await job(in: .completed, t)
            let collected = try await t.submit {
                $0.dependsOn = [done.id]
                $0.spec.join.collects = true
            }
            #expect(collected.state == .completed)
            #expect(collected.result != nil)
            #expect(collected.finishedAt == t.time.now())
            #expect(try await t.job(collected.id) == collected)
        },
        Case("a retried job that only collects results completes at once") { t in
            let entries = family(t, children: 2) { $0.spec.join.collects = true }
            try await store(entries, t)
            try await t.cancel(entries[0].id)
            #expect(try await t.job(entries[2].id).state == .cancelled)
            #expect(try await t.retry(entries[2].id).state == .completed)
        },
        Case("results beyond the limit are omitted and marked") { t in
            let long = "\"" + String(repeating: "x", count: RelatedJob.maxResultBytes - 10) + "\""
            let entries = family(t, children: 3)
            try await store(entries, t)
            for result in [long, long, "1"] { try await t.complete(try await t.lease().token, result) }
            let job = try await t.lease().job
            #expect(job.dependencies.map(\.isResultOmitted) == [false, true, false])
            #expect(job.dependencies.map { $0.result == nil } == [false, true, false])
        },
        Case("a child names its running parent; an unknown or ended parent is rejected") { t in
            let running = try await t.submit("running")
            let lease = try await t.lease()
            let child = try await t.submit("child") { $0.parentID = running.id }
            #expect(child.parentID == running.id)
            #expect(child.ancestors.map(\.state) == [.processing])
            #expect(try await t.job(running.id).children == [child.id])
            try await t.complete(lease.token)
            let unknown = t.ids.next()
            for parent in [running.id, unknown] {
                let error = try t.error(await t.outcome(t.submission { $0.parentID = parent }))
                #expect(error.code == .invalidRequest)
                #expect(error.faults.map(\.pointer.description) == ["/parent_id"])
            }
        },
        Case("children that end because a sibling is cancelled count towards the limit") { t in
            let parent = t.submission("parent")
            let first = t.submission("child") { $0.parentID = parent.id }
            let dependents = (0..<5).map { _ in
                t.submission("child") {
                    $0.parentID = parent.id
                    $0.dependsOn = [first.id]
                }
            }
            let others = (0..<4).map { _ in t.submission("child") { $0.parentID = parent.id } }
            try await store([parent, first] + dependents + others, t)
            try await t.cancel(parent.id)
            var ended: [Int] = []
            repeat {
                ended.append(try await t.store.cancelDescendants(of: parent.id, limit: 4))
            } while ended.last == 4 && ended.count < 10
            #expect(ended.last.map { $0 < 4 } == true)
            #expect(try await t.counts() == [.cancelled: 11])
        },
        Case("at most the given number of descendants is cancelled") { t in
            let entries = family(t, children: 3)
            try await store(entries, t)
            let lease = try await t.lease()
            let grandchild = t.submission("grandchild")
            try await t.complete(lease.token, next: [with(grandchild) { $0.parentID = lease.job.id }])
            try await t.cancel(entries[3].id)
            #expect(try await t.store.cancelDescendants(of: entries[3].id, limit: 2) == 2)
            #expect(try await t.store.cancelDescendants(of: entries[3].id, limit: 2) == 1)
            #expect(try await t.store.cancelDescendants(of: entries[3].id, limit: 2) == 0)
            #expect(try await t.job(grandchild.id).state == .cancelled)
            #expect(try await t.job(lease.job.id).state == .completed)
            #expect(try await t.counts() == [.completed: 1, .cancelled: 4])
        },
        Case("a repeated call with the parent's key has the outcome of the first call") { t in
            let key = SubmissionKey(
                digest: digest(1), fingerprint: digest(5), lifetime: .until(.distantFuture))
            let first = family(t, children: 2, keys: [key])
            try await store(first, t)
            let again = family(t, children: 2, keys: [key])
            let outcomes = try await t.store.submit(again, allOrNothing: true)
            #expect(try outcomes.map { try t.existing($0).id } == first.map(\.id))
            #expect(try await t.counts() == [.pending: 2, .blocked: 1])
            let other = SubmissionKey(
                digest: digest(1), fingerprint: digest(6), lifetime: .until(.distantFuture))
            let refused = try await t.store.submit(
                family(t, children: 1, keys: [other]), allOrNothing: true)
            #expect(try t.error(refused[1]).code == .idempotencyKeyReused)
            #expect(try t.error(refused[0]).code == .conflict)
        },
    ]

    /// A modified submission.
    static func with(_ submission: Submission, _ change: (inout Submission) -> Void) -> Submission {
        var submission = submission
        change(&submission)
        return submission
    }
}
