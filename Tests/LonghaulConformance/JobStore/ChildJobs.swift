import LonghaulCore
import LonghaulJSON
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    private static func child(
        _ t: JobStoreFixture, _ change: (inout Submission) -> Void = { _ in }
    ) -> Submission {
        t.submission("child") {
            $0.spec.maxAttempts = 1
            change(&$0)
        }
    }

    /// A durable job that is suspended until its child job ends.
    private static func suspendedParent(
        _ t: JobStoreFixture, _ change: (inout Submission) -> Void = { _ in }
    ) async throws -> (id: JobID, child: JobID) {
        let (id, lease) = try await t.durable()
        let child = child(t, change)
        try await t.journal(lease.token, t.startChild("c", child))
        try await t.suspend(lease.token, on: "c")
        return (id, child.id)
    }

    static let childJobs: [Case] = childEnds + manyDescendants + childrenOfOthers

    private static let childEnds: [Case] = [
        Case("an operation submits one child job, however often it is started") { t in
            let (id, lease) = try await t.durable()
            let (first, second) = (child(t), child(t))
            let operations = try await t.journal(
                lease.token, t.startChild("c", first), t.startChild("c", second))
            #expect(operations.map(\.jobID) == [first.id, first.id])
            #expect(operations.map(\.status) == [.waiting, .waiting])
            try await t.release(lease.token)
            let again = try await t.leaseDurable()
            #expect(try await t.journal(again.token, t.startChild("c", second)).map(\.jobID) == [first.id])
            #expect(try await t.store.job(second.id) == nil)
            let job = try await t.job(first.id)
            #expect(job.state == .pending && job.parentID == id)
            #expect(try await t.job(id).children == [first.id])
            #expect(try await t.suspend(again.token, on: "c").waitsFor.map(\.jobID) == [first.id])
        },
        Case("the result of a child job is the output of its operation, and wakes the parent") { t in
            let (id, child) = try await suspendedParent(t)
            try await t.complete(try await t.lease { $0.kinds = ["child"] }.token, "[42]")
            #expect(try await t.job(id).state == .pending)
            let operation = try #require(try await t.operation(id, "c"))
            #expect(operation.status == .succeeded && operation.output == json("[42]"))
            #expect(operation.jobID == child && operation.endedAt == t.time.now())
        },
        Case("a child job that fails, is cancelled or expires fails its operation, and wakes the parent") {
            t in
            func error(
                expiresIn seconds: Double? = nil, _ end: (JobID) async throws -> Void
            ) async throws -> JobError? {
                let expiresAt = seconds.map { t.time.now().adding(seconds: $0) }
                let (id, child) = try await suspendedParent(t) { $0.spec.expiresAt = expiresAt }
                try await end(child)
                #expect(try await t.job(id).state == .pending)
                let operation = try await t.operation(id, "c")
                #expect(operation?.status == .failed && operation?.output == nil)
                try await t.complete(try await t.leaseDurable().token)
                return operation?.error
            }
            let boom = JobError(type: "boom", message: "it broke", retryable: false)
            let failed = try await error { _ in
                try await t.fail(try await t.lease { $0.kinds = ["child"] }.token, boom)
            }
            #expect(failed == boom)
            let cancelled = try await error { try await t.cancel($0) }
            #expect(cancelled?.type == "cancelled")
            let expired = try await error(expiresIn: 5) { _ in try await t.pass(5) }
            #expect(expired == .expired)
        },
        Case("a child job that is retried ends its operation when it ends") { t in
            let (id, child) = try await suspendedParent(t) { $0.spec.maxAttempts = 2 }
            try await t.fail(try await t.lease { $0.kinds = ["child"] }.token, retryIn: 1)
            #expect(try await t.operation(id, "c")?.status == .waiting)
            try await t.pass(1)
            try await t.fail(try await t.lease { $0.kinds = ["child"] }.token)
            #expect(try await t.operation(id, "c")?.status == .failed)
            // A retry by hand does not change the operation.
            let before = try await t.operation(id, "c")
            try await t.retry(child)
            try await t.complete(try await t.lease { $0.kinds = ["child"] }.token, "1")
            #expect(try await t.operation(id, "c") == before)
        },
        Case("a child job that ends while a worker holds the parent is ready at the suspension") { t in
            let (id, lease) = try await t.durable()
            try await t.journal(lease.token, t.startChild("c", child(t)))
            try await t.complete(try await t.lease { $0.kinds = ["child"] }.token, "1")
            #expect(try await t.ready(lease.token, on: "c") == ["c"])
            #expect(try await t.operation(id, "c")?.output == json("1"))
            let done = try await t.job(id)
            try await t.complete(lease.token)
            #expect(done.state == .processing)
        },
        Case("a child job that ends as it is submitted ends its operation at once") { t in
            let failed = try await job(in: .failed, t)
            let (id, lease) = try await t.durable()
            let operations = try await t.journal(
                lease.token, t.startChild("c", child(t) { $0.dependsOn = [failed.id] }))
            #expect(operations.map(\.status) == [.failed])
            #expect(operations.first?.error?.type == "dependency_failed")
            #expect(try await t.job(id).operationCount == 1)
        },
        Case("a result beyond the maximum of an output fails the operation") { t in
            t.limitJournal { $0.outputBytes = 10 }
            let (id, child) = try await suspendedParent(t)
            try await t.complete(try await t.lease { $0.kinds = ["child"] }.token, "12345678901")
            #expect(try await t.operation(id, "c")?.error?.type == "output_too_large")
            #expect(try await t.job(child).state == .completed)
            #expect(try await t.job(id).state == .pending)
        },
        Case("the cancellation of an operation cancels its child job and all descendants") { t in
            let (id, lease) = try await t.durable()
            let (first, other) = (child(t), child(t))
            try await t.journal(lease.token, t.startChild("1", first), t.startChild("2", other))
            let grandchild = try await t.submit("grandchild") { $0.parentID = first.id }
            let dependent = child(t) { $0.dependsOn = [grandchild.id] }
            try await t.journal(lease.token, t.startChild("3", dependent))
            let operation = try await t.operation(lease.token, .cancel, .job, "1")
            #expect(operation.status == .cancelled && operation.error == nil)
            #expect(try await t.job(first.id).state == .cancelled)
            #expect(try await t.job(grandchild.id).state == .cancelled)
            #expect(try await t.job(other.id).state == .pending)
            #expect(try await t.operation(id, "1") == operation)
            #expect(try await t.operation(id, "2")?.status == .waiting)
            #expect(try await t.operation(id, "3")?.error?.type == "dependency_failed")
            #expect(try await t.job(id).operationCount == 3)
        },
    ]

    private static let manyDescendants: [Case] = [
        Case("maintenance cancels the descendants of a cancelled child job that are left") { t in
            for hasCompensations in [false, true] {
                let (id, lease) = try await t.durable()
                let child = child(t)
                try await t.journal(lease.token, t.startChild("1", child))
                if hasCompensations {
                    let held = try await t.lease { $0.kinds = ["child"] }
                    try await t.operation(held.token, .start, .marker, "compensation/1")
                }
                for count in [1000, 150] {
                    let descendants = (0..<count).map { _ in
                        t.submission("grandchild") { $0.parentID = child.id }
                    }
                    _ = try await t.store.submit(descendants, allOrNothing: true)
                }
                try await t.operation(lease.token, .cancel, .job, "1")
                #expect(try await t.counts()[.pending] == 150 + (hasCompensations ? 1 : 0))
                if hasCompensations {
                    try await t.complete(try await t.lease { $0.kinds = ["child"] }.token)
                }
                #expect(try await t.store.maintain(limit: 100).purged.isEmpty)
                #expect(try await t.job(child.id).state == .cancelled)
                #expect(try await t.counts()[.pending] == nil)
                // The retention of the child job begins with its end.
                let next = try #require(try await t.store.maintain(limit: 100).nextAt)
                #expect(next > t.time.now())
                #expect(try await t.job(id).state == .processing)
                try await t.complete(lease.token)
            }
        }
    ]

    private static let childrenOfOthers: [Case] = [
        Case("a child job whose key was used before is refused") { t in
            let key = SubmissionKey(digest: digest(1), lifetime: .whileActive)
            try await t.submit { $0.keys = [key] }
            let (id, lease) = try await t.durable()
            let code = await t.code {
                try await t.journal(lease.token, t.startChild("c", child(t) { $0.keys = [key] }))
            }
            #expect(code == .conflict)
            #expect(try await t.operations(id).isEmpty)
        },
        Case("an invalid child job has a pointer into the update") { t in
            let (_, lease) = try await t.durable()
            let error = await thrownError {
                try await t.journal(
                    lease.token, t.startChild("c", child(t) { $0.dependsOn = [t.ids.next()] }))
            }
            #expect(error?.faults.map(\.pointer.description) == ["/updates/0/options/job/depends_on/0"])
        },
        Case("a job submitted under a durable job ends no operation") { t in
            let (id, lease) = try await t.durable()
            let other = try await t.submit("child") { $0.parentID = id }
            try await t.operation(lease.token, .start, .signal, "1")
            try await t.suspend(lease.token, on: "1")
            try await t.complete(try await t.lease { $0.kinds = ["child"] }.token)
            #expect(try await t.job(other.id).state == .completed)
            #expect(try await t.job(id).state == .suspended)
        },
        Case("a child job ends after its parent without effect on it") { t in
            let (id, lease) = try await t.durable()
            let child = child(t)
            try await t.journal(lease.token, t.startChild("c", child))
            let parent = try await t.complete(lease.token, "1")
            try await t.complete(try await t.lease { $0.kinds = ["child"] }.token)
            #expect(try await t.job(id).version == parent.version)
            #expect(try await t.operation(id, "c")?.status == .succeeded)
            try await t.delete(id)
            #expect(try await t.job(child.id).state == .completed)
        },
        Case("a durable child job is itself suspended, and wakes its parent at its end") { t in
            let (id, child) = try await suspendedParent(t)
            let lease = try await t.lease { $0.kinds = ["child"] }
            try await t.operation(lease.token, .start, .signal, "1")
            try await t.suspend(lease.token, on: "1")
            #expect(try await t.counts() == [.suspended: 2])
            try await t.signal(child, "signal", "3")
            #expect(try await t.job(id).state == .suspended)
            try await t.complete(try await t.lease { $0.kinds = ["child"] }.token, "4")
            #expect(try await t.operation(id, "c")?.output == json("4"))
            #expect(try await t.job(id).state == .pending)
        },
    ]
}
