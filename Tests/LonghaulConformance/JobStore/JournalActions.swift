import LonghaulCore
import LonghaulJSON
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    static let journalActions: [Case] = pauses + restarts + compensations

    private static let pauses: [Case] = [
        Case("a paused job gets no worker until it is resumed, from each state that has not ended") { t in
            for state in JobState.allCases {
                let job = try await job(in: state, t) { $0.spec.queue = "paused" }
                guard !state.isFinal else {
                    #expect(await t.code { _ = try await t.store.pause(job.id) } == .conflict)
                    #expect(try await t.store.resume(job.id) == job)
                    continue
                }
                let paused = try await t.store.pause(job.id)
                #expect(paused.isPaused)
                #expect(paused.state == (state == .pending ? .suspended : state))
                #expect(try await t.store.pause(job.id) == paused)
                #expect(try await t.job(job.id) == paused)
                #expect(try await t.store.resume(job.id).isPaused == false)
                #expect(try await t.job(job.id).state == state)
                try await t.cancel(job.id)
            }
            #expect(await t.code { _ = try await t.store.pause(t.ids.next()) } == .notFound)
            #expect(await t.code { _ = try await t.store.resume(t.ids.next()) } == .notFound)
        },
        Case("a paused job that becomes due is suspended, and pending when it is resumed") { t in
            for state in [JobState.scheduled, .blocked, .retrying] {
                let job = try await job(in: state, t) { $0.spec.queue = "paused" }
                _ = try await t.store.pause(job.id)
                if state == .blocked {
                    try await t.complete(try await t.lease { $0.queues = ["aside"] }.token)
                }
                try await t.pass(50)
                let due = try await t.job(job.id)
                #expect(due.state == .suspended && due.isPaused)
                #expect(try await t.claim(10) { $0.queues = ["paused"] }.isEmpty)
                t.time.advance(seconds: 5)
                let resumed = try await t.store.resume(job.id)
                #expect(resumed.state == .pending && resumed.runAt == t.time.now())
                #expect(try await t.claim(10) { $0.queues = ["paused"] }.map(\.job.id) == [job.id])
                try await t.cancel(job.id)
            }
        },
        Case("a worker that holds a paused job continues until its attempt ends") { t in
            for end in ["suspend", "release", "fail", "complete"] {
                let (id, lease) = try await t.durable()
                try await t.operation(lease.token, .start, .timer, "1") { $0.options.seconds = 10 }
                _ = try await t.store.pause(id)
                try await t.step(lease.token, "2")
                switch end {
                case "suspend": try await t.suspend(lease.token, on: "1")
                case "release": #expect(try await t.release(lease.token).state == .suspended)
                case "fail": try await t.fail(lease.token, retryIn: 1)
                default:
                    let done = try await t.complete(lease.token)
                    #expect(done.state == .completed && !done.isPaused)
                    continue
                }
                try await t.pass(10)
                let job = try await t.job(id)
                #expect(job.state == .suspended && job.isPaused)
                #expect(try await t.claim().isEmpty)
                #expect(try await t.store.resume(id).state == .pending)
                try await t.complete(try await t.leaseDurable().token)
            }
        },
        Case("timers and signals of a paused job are recorded, and wake it when it is resumed") { t in
            for isTimer in [true, false] {
                let (id, lease) = try await t.durable()
                try await t.journal(
                    lease.token, t.update(.start, .timer, "t") { $0.options.seconds = 10 },
                    t.update(.start, .signal, "s"))
                try await t.suspend(lease.token, on: "t", "s")
                _ = try await t.store.pause(id)
                if isTimer { try await t.pass(10) } else { try await t.signal(id) }
                #expect(try await t.job(id).state == .suspended)
                #expect(try await t.operation(id, isTimer ? "t" : "s")?.status == .succeeded)
                #expect(try await t.store.resume(id).state == .pending)
                try await t.complete(try await t.leaseDurable().token)
            }
        },
        Case("a resumed job that still waits stays suspended, and wakes") { t in
            let (id, lease) = try await t.durable()
            try await t.operation(lease.token, .start, .timer, "t") { $0.options.seconds = 10 }
            try await t.suspend(lease.token, on: "t")
            _ = try await t.store.pause(id)
            let resumed = try await t.store.resume(id)
            #expect(resumed.state == .suspended && resumed.waitsFor.map(\.id) == ["t"])
            t.time.advance(seconds: 5)
            _ = try await t.store.pause(id)
            t.time.advance(seconds: 5)
            // No maintenance has ended the timer.
            #expect(try await t.store.resume(id).state == .pending)
        },
    ]

    private static let restarts: [Case] = [
        Case("a restart removes an operation and all later ones, in each state without a worker") { t in
            for state in ["suspended", "completed", "failed", "cancelled", "pending", "retrying"] {
                let (id, lease) = try await t.durable()
                for number in 1...3 { try await t.step(lease.token, "\(number)", "\(number)") }
                #expect(await t.code { _ = try await t.store.restart(id, from: "2") } == .conflict)
                switch state {
                case "suspended":
                    try await t.operation(lease.token, .start, .timer, "4") { $0.options.seconds = 10 }
                    try await t.suspend(lease.token, on: "4")
                case "completed": try await t.complete(lease.token, "7")
                case "failed":
                    try await t.fail(lease.token, JobError(type: "x", message: "", retryable: false))
                case "cancelled": try await t.cancel(id)
                case "pending": try await t.release(lease.token)
                default: try await t.fail(lease.token, retryIn: 10)
                }
                let restarted = try await t.store.restart(id, from: "2")
                #expect(restarted.state == (state == "retrying" ? .retrying : .pending))
                #expect(restarted.operationCount == 1 && restarted.result == nil)
                #expect(try await t.job(id) == restarted)
                #expect(try await t.operations(id).map(\.id) == ["1"])
                if state == "retrying" { try await t.pass(10) }
                let again = try await t.leaseDurable()
                #expect(again.journal.operations.map(\.id) == ["1"])
                #expect(try await t.step(again.token, "2", "9").number == 2)
                try await t.pass(20)
                #expect(try await t.complete(again.token).result == .null)
            }
            let job = try await t.submit()
            #expect(await t.code { _ = try await t.store.restart(job.id, from: "1") } == .notFound)
            #expect(await t.code { _ = try await t.store.restart(t.ids.next(), from: "1") } == .notFound)
        },
        Case("a restart cancels the child jobs of the removed operations") { t in
            let (id, lease) = try await t.durable()
            let children = (0..<2).map { _ in t.submission("child") }
            try await t.journal(lease.token, t.startChild("1", children[0]), t.startChild("2", children[1]))
            let grandchild = try await t.submit("grandchild") { $0.parentID = children[1].id }
            try await t.suspend(lease.token, on: "1", "2")
            #expect(try await t.store.restart(id, from: "2").state == .pending)
            #expect(try await t.job(children[0].id).state == .pending)
            #expect(try await t.job(children[1].id).state == .cancelled)
            #expect(try await t.job(grandchild.id).state == .cancelled)
            let again = try await t.leaseDurable()
            let next = t.submission("child")
            #expect(try await t.journal(again.token, t.startChild("2", next)).map(\.jobID) == [next.id])
            try await t.suspend(again.token, on: "1", "2")
            try await t.complete(try await t.lease { $0.kinds = ["child"] }.token, "1")
            #expect(try await t.operation(id, "1")?.output == json("1"))
        },
        Case("a restart keeps the signals of the removed operations again, in order") { t in
            let (id, lease) = try await t.durable()
            for value in 1...3 { try await t.signal(id, "s", "\(value)") }
            for number in 1...3 {
                try await t.operation(lease.token, .start, .signal, "\(number)") { $0.name = "s" }
            }
            try await t.signal(id, "s", "4")
            try await t.release(lease.token)
            _ = try await t.store.restart(id, from: "2")
            let again = try await t.leaseDurable()
            for number in 2...4 {
                let operation = try await t.operation(again.token, .start, .signal, "\(number)") {
                    $0.name = "s"
                }
                #expect(operation.output == json("\(number)"))
            }
            #expect(try await t.operation(again.token, .start, .signal, "5") { $0.name = "s" }.output == nil)
        },
        Case("a restart frees the room of the removed operations, and their timers wake no job") { t in
            t.limitJournal { $0.bytes = 100 }
            let (id, lease) = try await t.durable()
            let text = "\"" + String(repeating: "x", count: 70) + "\""
            try await t.operation(lease.token, .start, .timer, "1") { $0.options.seconds = 90 }
            try await t.step(lease.token, "2", text)
            try await t.operation(lease.token, .start, .timer, "3") { $0.options.seconds = 10 }
            try await t.suspend(lease.token, on: "1", "3")
            _ = try await t.store.restart(id, from: "2")
            let again = try await t.leaseDurable()
            try await t.step(again.token, "2", text)
            try await t.suspend(again.token, on: "1")
            #expect(
                try await t.store.maintain(limit: 10).nextAt == t.time.now().adding(seconds: 90))
            try await t.pass(10)
            #expect(try await t.job(id).state == .suspended)
            try await t.pass(80)
            #expect(try await t.job(id).state == .pending)
        },
        Case("a fork is a new job with the ended operations before one, and the old job is unchanged") { t in
            let (id, lease) = try await t.durable {
                $0.spec.tags = ["a": "b"]
                $0.spec.priority = 5
            }
            try await t.step(lease.token, "1", "1")
            try await t.journal(
                lease.token, t.update(.start, .timer, "2") { $0.options.seconds = 10 },
                t.update(.start, .marker, "3") { $0.output = json("3") }, t.update(.start, .step, "4"))
            try await t.suspend(lease.token, on: "2")
            let before = try await t.job(id)
            let copy = try await t.store.fork(id, from: "4", as: t.ids.next(), caller: "other")
            #expect(copy.state == .pending && copy.caller == "other" && copy.spec == before.spec)
            #expect(copy.operationCount == 2 && copy.parentID == nil)
            let operations = try await t.operations(copy.id)
            #expect(operations.map(\.id) == ["1", "3"] && operations.map(\.number) == [1, 2])
            #expect(operations.map(\.output) == [json("1"), json("3")])
            #expect(try await t.job(id) == before)
            #expect(try await t.operations(id).count == 4)
            let forked = try await t.leaseDurable()
            #expect(forked.job.id == copy.id && forked.journal.operations == operations)
            try await t.step(forked.token, "2b")
            try await t.complete(forked.token)
            try await t.pass(10)
            #expect(try await t.job(id).state == .pending)
            for (job, operation) in [(id, "9"), (t.ids.next(), "1")] {
                let code = await t.code {
                    _ = try await t.store.fork(job, from: operation, as: t.ids.next(), caller: "other")
                }
                #expect(code == .notFound)
            }
        },
        Case("a fork needs room in its queue") { t in
            let (id, lease) = try await t.durable()
            try await t.step(lease.token, "1")
            try await t.submit("durable")
            _ = try await t.store.setQueue("default", QueueSettings(maxDepth: 1))
            let copy = t.ids.next()
            let code = await t.code {
                _ = try await t.store.fork(id, from: "1", as: copy, caller: "other")
            }
            #expect(code == .systemBusy)
            #expect(try await t.store.job(copy) == nil)
        },
    ]

    /// A durable job with a compensation, and its lease.
    private static func compensated(_ t: JobStoreFixture) async throws -> (id: JobID, lease: Lease) {
        let (id, lease) = try await t.durable()
        try await t.step(lease.token, "1")
        try await t.operation(lease.token, .start, .marker, "compensation/1")
        return (id, lease)
    }

    private static let compensations: [Case] = [
        Case("a cancelled job with compensations runs them before it ends") { t in
            for state in ["processing", "suspended", "pending", "retrying", "paused"] {
                let (id, lease) = try await compensated(t)
                switch state {
                case "suspended", "paused":
                    try await t.operation(lease.token, .start, .signal, "2")
                    try await t.suspend(lease.token, on: "2")
                    if state == "paused" { _ = try await t.store.pause(id) }
                case "pending": try await t.release(lease.token)
                case "retrying": try await t.fail(lease.token, retryIn: 100)
                default: break
                }
                let cancelling = try await t.cancel(id)
                #expect(cancelling.state == .pending && cancelling.isCancelling && !cancelling.isPaused)
                #expect(await t.code { try await t.step(lease.token, "3") } == .leaseLost)
                let again = try await t.leaseDurable()
                #expect(again.job.id == id && again.job.isCancelling)
                try await t.step(again.token, "undo")
                let done = try await t.complete(again.token, "1")
                #expect(done.state == .cancelled && !done.isCancelling && done.result == nil)
                #expect(done.error?.type == "cancelled")
                #expect(try await t.job(id) == done)
            }
        },
        Case("compensations can wait, and a second cancellation ends the job at once") { t in
            let (id, lease) = try await compensated(t)
            try await t.release(lease.token)
            try await t.cancel(id)
            let again = try await t.leaseDurable()
            try await t.operation(again.token, .start, .timer, "wait") { $0.options.seconds = 10 }
            #expect(try await t.suspend(again.token, on: "wait").isCancelling)
            try await t.pass(10)
            #expect(try await t.job(id).isCancelling)
            let ended = try await t.cancel(id)
            #expect(ended.state == .cancelled && !ended.isCancelling)
            #expect(await t.code { try await t.cancel(id) } == .conflict)
            // A retry begins the job again, without the cancellation.
            let retried = try await t.retry(id)
            #expect(retried.state == .pending && !retried.isCancelling && retried.operationCount == 3)
        },
        Case("a job whose compensations were removed by a restart is cancelled at once") { t in
            let (id, lease) = try await compensated(t)
            try await t.release(lease.token)
            _ = try await t.store.restart(id, from: "compensation/1")
            #expect(try await t.cancel(id).state == .cancelled)
        },
        Case("a job that continues as new has no compensations") { t in
            let (id, lease) = try await compensated(t)
            _ = try await t.store.continueAsNew(lease.token, payload: .null)
            #expect(try await t.cancel(id).state == .cancelled)
        },
        Case("the fork of a job has its compensations") { t in
            let (id, lease) = try await compensated(t)
            try await t.step(lease.token, "2")
            let copy = try await t.store.fork(id, from: "2", as: t.ids.next(), caller: "other")
            #expect(try await t.cancel(copy.id).isCancelling)
            let early = try await t.store.fork(id, from: "1", as: t.ids.next(), caller: "other")
            #expect(try await t.cancel(early.id).state == .cancelled)
        },
    ]
}
