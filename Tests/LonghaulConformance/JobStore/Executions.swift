import LonghaulCore
import LonghaulJSON
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    static let executions: [Case] = steps + ends + executionChildren + executionRemoval

    private static let steps: [Case] = [
        Case("a step stores parts, events and tasks, and the runner keeps the lease") { t in
            let (id, token) = try await t.started()
            try await t.hold(token) {
                $0.parts = ["head": json("1"), "b1": json("2"), "b2": json("3")]
                $0.events = [json("10"), json("11")]
                $0.tasks = ["1": json(#"{"secret":"s"}"#)]
            }
            try await t.hold(token) {
                $0.parts = ["head": json("4"), "b1": nil]
                $0.events = [json("12")]
                $0.firstEvent = 3
                $0.tasks = ["1": nil, "2": json("{}")]
            }
            let state = try await t.store.execution(token, withParts: true)
            #expect(state.parts == ["head": json("4"), "b2": json("3")])
            #expect(state.reports.isEmpty)
            #expect(try await t.store.execution(token, withParts: false).parts.isEmpty)
            #expect(try await t.names(.event, of: id) == ["000000001", "000000002", "000000003"])
            #expect(try await t.value(RecordKey(.event, of: id, ExecutionAdvance.eventName(3))) == "12")
            #expect(try await t.names(.task, of: id) == ["2"])
            #expect(try await t.job(id).state == .processing)
            try await t.hold(token) {
                $0.removesOtherParts = true
                $0.parts = ["head": json("5"), "new": json("6")]
            }
            #expect(
                try await t.store.execution(token, withParts: true).parts.keys.sorted() == ["head", "new"])
        },
        Case("a step adds lines to the log of the job, once") { t in
            let (id, token) = try await t.started()
            let lines = ["a", "b"].map { LogLine(at: t.time.now(), level: .error, message: $0) }
            // A server that has not received the answer stores the step again.
            for _ in 0..<2 {
                try await t.hold(token) {
                    $0.events = [json("1"), json("2")]
                    $0.logLines = lines
                }
            }
            let last = LogLine(at: t.time.now(), message: String(repeating: "c", count: 100_000))
            try await t.leave(token, .complete(json("7"))) {
                $0.events = [json("3")]
                $0.firstEvent = 3
                $0.logLines = [last]
            }
            let stored = try #require(try await t.store.logs(id, after: 0, limit: 10))
            #expect(stored.map(\.number) == [1, 2, 3])
            #expect(stored.map(\.line) == lines + [last])
        },
        Case("a step needs the current lease of an execution, and stores nothing without it") { t in
            let (id, token) = try await t.started()
            try await t.release(token)
            func code(_ token: LeaseToken) async -> LonghaulError.Code? {
                await t.code { try await t.hold(token) { $0.parts = ["p": json("1")] } }
            }
            #expect(await code(token) == .leaseLost)
            #expect(await t.code { _ = try await t.store.execution(token, withParts: true) } == .leaseLost)
            #expect(try await t.names(.part, of: id).isEmpty)
            try await t.submit()
            let other = try await t.lease()
            #expect(await code(other.token) == .conflict)
        },
        Case("an execution waits without a worker until a time") { t in
            let (id, token) = try await t.started()
            let until = t.time.now().adding(seconds: 60)
            let waits = (0..<12).map { OperationWait(id: "\($0)", type: .timer, name: "w", until: until) }
            let job = try await t.leave(token, .wait(until: until, for: waits)) {
                $0.parts = ["p": json("1")]
            }
            #expect(job.state == .suspended && job.runAt == until && job.attempt == 0)
            #expect(job.waitsFor == Array(waits.prefix(OperationWait.maxShown)))
            #expect(try await t.job(id) == job)
            #expect(await t.code { try await t.hold(token) } == .leaseLost)
            #expect(try await t.store.maintain(limit: 10).nextAt == until)
            try await t.pass(59.999)
            #expect(try await t.job(id).state == .suspended)
            try await t.pass(0.001)
            let woken = try await t.job(id)
            #expect(woken.state == .pending && woken.waitsFor.isEmpty && woken.runAt == until)
            let again = try await t.leaseExecution()
            #expect(try await t.store.execution(again.token, withParts: true).parts == ["p": json("1")])
            #expect(
                t.changes(of: id).map(\.state) == [.pending, .processing, .suspended, .pending, .processing])
        },
        Case("an execution that waits for reports alone is not woken by time") { t in
            let (id, token) = try await t.started()
            let wait = OperationWait(id: "1", type: .signal, name: "approve")
            #expect(try await t.leave(token, .wait(until: nil, for: [wait])).waitsFor == [wait])
            #expect(try await t.job(id).waitsFor == [wait])
            try await t.pass(100_000_000)
            #expect(try await t.job(id).state == .suspended)
        },
        Case("a wait that is due leaves the lease to the runner") { t in
            let (id, token) = try await t.started()
            try await t.hold(token, .wait(until: t.time.now(), for: [])) { $0.parts = ["p": json("1")] }
            #expect(try await t.value(RecordKey(.part, of: id, "p")) == "1")
            #expect(try await t.job(id).state == .processing)
        },
        Case("a step is progress: failed attempts are counted again") { t in
            let (id, first) = try await t.started { $0.spec.maxAttempts = 2 }
            try await t.fail(first, retryIn: 1)
            try await t.pass(1)
            let second = try await t.leaseExecution()
            #expect(second.job.attempt == 2)
            try await t.hold(second.token)
            #expect(try await t.job(id).attempt == 1)
            try await t.fail(second.token, retryIn: 1)
            #expect(try await t.job(id).state == .retrying)
            try await t.pass(1)
            let job = try await t.leave(try await t.leaseExecution().token)
            #expect(job.attempt == 0 && job.error == nil)
        },
        Case("a step that is stored twice changes nothing the second time") { t in
            let (id, token) = try await t.started()
            let child = t.child("1")
            try await t.store.report(.task("x", .null), to: id)
            var advance = ExecutionAdvance(.proceed)
            advance.events = [json("1")]
            advance.children = [child]
            advance.handledReports = try await t.reports(token).map(\.name)
            for _ in 0..<2 { _ = try await t.store.advance(token, advance) }
            #expect(try await t.job(id).children == [child.id])
            #expect(try await t.names(.event, of: id).count == 1)
            #expect(try await t.leave(token).state == .suspended)
        },
    ]

    private static let ends: [Case] = [
        Case("an execution completes, fails without a retry, or is cancelled") { t in
            let error = JobError(type: "States.Runtime", message: "it broke")
            let ends: [(ExecutionAdvance.End, JobState)] = [
                (.complete(json("[1]")), .completed), (.fail(error), .failed), (.cancel(error), .cancelled),
            ]
            for (end, state) in ends {
                let (id, token) = try await t.started("\(state)")
                try await t.store.report(.task("x", .null), to: id)
                let job = try await t.leave(token, end) {
                    $0.events = [json("1")]
                    $0.tasks = ["2": json("{}")]
                }
                #expect(job.state == state && job.finishedAt == t.time.now())
                #expect(job.result == (state == .completed ? json("[1]") : nil))
                #expect(job.error == (state == .completed ? nil : error))
                #expect(try await t.job(id) == job)
                #expect(try await t.names(.event, of: id).count == 1)
                // The reports and the tasks that are left.
                #expect(try await t.names(.report, of: id).isEmpty)
                #expect(try await t.names(.task, of: id).isEmpty)
                #expect(await t.code { try await t.hold(token) } == .leaseLost)
            }
            #expect(try await t.counts(JobSpec.executionQueue) == [.completed: 1, .failed: 1, .cancelled: 1])
        },
        Case("the end of an execution releases its dependents") { t in
            let (id, token) = try await t.started()
            let dependent = try await t.submit { $0.dependsOn = [id] }
            #expect(dependent.state == .blocked)
            try await t.leave(token, .complete(.null))
            #expect(try await t.job(dependent.id).state == .pending)
        },
        Case("an execution has no journal, and cannot be paused, forked or restarted") { t in
            let (id, token) = try await t.started()
            let calls: [() async throws -> Void] = [
                { try await t.step(token, "s") }, { try await t.suspend(token, on: "1") },
                { _ = try await t.store.continueAsNew(token, payload: .null) },
                { try await t.signal(id, "s") }, { _ = try await t.store.pause(id) },
                { _ = try await t.store.resume(id) }, { _ = try await t.store.restart(id, from: "1") },
                { _ = try await t.store.fork(id, from: "1", as: t.ids.next(), caller: "tests") },
            ]
            for call in calls { #expect(await t.code(of: call) == .conflict) }
            #expect(try await t.operations(id).isEmpty)
            #expect(try await t.job(id).state == .processing)
        },
    ]

    private static let executionChildren: [Case] = [
        Case("a step submits child jobs beyond the depth of their queue") { t in
            _ = try await t.store.setQueue("default", QueueSettings(maxDepth: 1))
            let (id, token) = try await t.started()
            let children = [t.child("1"), t.child("2")]
            try await t.hold(token) { $0.children = children }
            for child in children {
                let job = try await t.job(child.id)
                #expect(job.state == .pending && job.parentID == id)
            }
            #expect(try await t.job(id).children == children.map(\.id))
            #expect(try await t.operations(id).isEmpty)
        },
        Case("the lease of an execution leaves out the jobs around it, of which there may be many") { t in
            let (id, token) = try await t.started()
            let child = t.child("1")
            try await t.leave(token) { $0.children = [child] }
            try await t.complete(try await t.leaseChild().token)
            let job = try await t.leaseExecution().job
            #expect(job.id == id && job.children.isEmpty && job.childrenCount == 0)
            #expect(try await t.job(id).children == [child.id])
        },
        Case("a child job that is refused undoes the whole step") { t in
            let (id, token) = try await t.started()
            let key = SubmissionKey(digest: digest(1), lifetime: .whileActive)
            try await t.submit("other") { $0.keys = [key] }
            let first = t.child("1")
            let codes: [((inout Submission) -> Void, LonghaulError.Code)] = [
                ({ $0.dependsOn = [t.ids.next()] }, .invalidRequest), ({ $0.keys = [key] }, .conflict),
            ]
            for (change, code) in codes {
                let refused = await t.code {
                    try await t.hold(token) {
                        $0.parts = ["p": json("1")]
                        $0.links = [RecordKey(.mapRun, "r"): .null]
                        $0.children = [first, t.child("2", change)]
                    }
                }
                #expect(refused == code)
            }
            #expect(try await t.names(.part, of: id).isEmpty)
            #expect(try await t.names(.mapRun).isEmpty)
            #expect(try await t.store.job(first.id) == nil)
            #expect(try await t.job(id).state == .processing)
        },
        Case("a step cancels children with their descendants, without a report") { t in
            let (id, token) = try await t.started()
            let children = [t.child("1"), t.child("2")]
            try await t.hold(token) { $0.children = children }
            let grandchild = try await t.submit { $0.parentID = children[0].id }
            let stranger = try await t.submit()
            let job = try await t.leave(token) { $0.cancelledChildren = [children[0].id, stranger.id] }
            #expect(job.state == .suspended)
            #expect(try await t.job(children[0].id).state == .cancelled)
            #expect(try await t.job(grandchild.id).state == .cancelled)
            #expect(try await t.job(children[1].id).state == .pending)
            #expect(try await t.job(stranger.id).state == .pending)
            #expect(try await t.names(.report, of: id).isEmpty)
        },
        Case("a child that is an execution is asked to stop, and its end is reported") { t in
            let (id, token) = try await t.started()
            let child = t.execution { $0.parentOperation = "7" }
            try await t.hold(token) { $0.children = [child] }
            try await t.leave(try await t.leaseExecution().token)
            try await t.hold(token) { $0.cancelledChildren = [child.id] }
            try await t.leave(token) { $0.cancelledChildren = [child.id] }
            let stopping = try await t.leaseExecution()
            #expect(stopping.job.id == child.id && stopping.job.isCancelling)
            #expect(try await t.reports(stopping.token).map(\.report) == [.stop(error: nil, cause: nil)])
            let error = JobError(type: "aborted", message: "stopped", retryable: false)
            try await t.leave(stopping.token, .cancel(error))
            let woken = try await t.leaseExecution()
            #expect(woken.job.id == id)
            guard case .childEnded(let end) = try await t.reports(woken.token).first?.report else {
                throw Unexpected(try await t.reports(woken.token))
            }
            #expect(end.task == "7" && end.jobID == child.id && end.state == .cancelled && end.error == error)
        },
    ]

    private static let executionRemoval: [Case] = [
        Case("the records of an execution, and those linked to it, are removed with it") { t in
            let other = RecordKey(.machine, "m")
            try await t.put(other, "1")
            for isPurged in [false, true] {
                let (id, token) = try await t.started("6/7")
                try await t.leave(token, .complete(.null)) {
                    $0.parts = ["p": json("1")]
                    $0.events = (0..<50).map { json("\($0)") }
                    $0.links = [RecordKey(.mapRun, "r"): json("1"), RecordKey(.execution, "x"): json("2")]
                }
                #expect(try await t.names(.execution) == ["6/7", "x"])
                #expect(try await t.names(.mapRun) == ["r"])
                if isPurged {
                    try await t.pass(100_000_000)
                    #expect(try await t.store.job(id) == nil)
                } else {
                    try await t.delete(id)
                }
                for space in [RecordSpace.part, .event, .report, .task, .link] {
                    #expect(try await t.names(space, of: id).isEmpty)
                }
                #expect(try await t.names(.execution).isEmpty)
                #expect(try await t.names(.mapRun).isEmpty)
            }
            #expect(try await t.value(other) == "1")
        },
        Case("maintenance removes long histories in several rounds") { t in
            let (id, token) = try await t.started()
            for page in 0..<5 {
                try await t.hold(token) {
                    $0.firstEvent = 1 + page * 1000
                    $0.events = (0..<1000).map { json("\($0)") }
                }
            }
            try await t.leave(token, .fail(JobError(type: "boom", message: "")))
            let later = try await t.submit("later")
            try await t.complete(try await t.lease { $0.kinds = ["later"] }.token)
            t.time.advance(seconds: 100_000_000)
            var rounds = 0
            while try await t.store.maintain(limit: 100).hasMore {
                rounds += 1
                // What is left of it cannot be redriven.
                if try await t.store.job(id) != nil {
                    #expect(await t.code { try await t.store.report(.redrive, to: id) } == .conflict)
                    #expect(await t.code { try await t.retry(id) } == .conflict)
                }
                try #require(rounds < 100)
            }
            #expect(try await t.store.job(id) == nil)
            #expect(try await t.store.job(later.id) == nil)
            #expect(try await t.names(.event, of: id).isEmpty)
            #expect(try await t.names(.execution).isEmpty)
        },
    ]
}
