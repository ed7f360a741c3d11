import LonghaulCore
import LonghaulJSON
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    static let journalActions: [Case] = pauses + compensations

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
        Case("a timer that is due when a pending job is paused is recorded at once") { t in
            let (id, lease) = try await t.durable()
            try await t.journal(
                lease.token, t.update(.start, .timer, "1") { $0.options.seconds = 10 },
                t.update(.start, .timer, "2") { $0.options.seconds = 20 },
                t.update(.start, .timer, "3") { $0.options.seconds = 90 })
            try await t.suspend(lease.token, on: "1", "2")
            try await t.pass(10)
            t.time.advance(seconds: 20)
            let paused = try await t.store.pause(id)
            #expect(try await t.operation(id, "2")?.status == .succeeded)
            #expect(paused.runAt == t.time.now().adding(seconds: 60))
            #expect(try await t.store.maintain(limit: 10).nextAt == paused.runAt)
        },
        Case("a suspended job is due when the next wait ends, although the earliest was cancelled") { t in
            let (id, lease) = try await t.durable()
            try await t.journal(
                lease.token, t.update(.start, .timer, "1") { $0.options.seconds = 10 },
                t.update(.start, .timer, "2") { $0.options.seconds = 60 },
                t.update(.cancel, .timer, "1"))
            try await t.suspend(lease.token, on: "2")
            let due = t.time.now().adding(seconds: 60)
            try await t.pass(10)
            let job = try await t.job(id)
            #expect(job.state == .suspended && job.runAt == due && job.waitsFor.map(\.id) == ["2"])
            _ = try await t.store.pause(id)
            #expect(try await t.store.resume(id).runAt == due)
        },
        Case("a resumed job does not show the difference that paused it, but its other errors") { t in
            for hasFailed in [false, true] {
                let (id, first) = try await t.durable()
                var lease = first
                let failed: String? = hasFailed ? "boom" : nil
                if hasFailed {
                    try await t.fail(lease.token, retryIn: 1)
                    try await t.pass(1)
                    lease = try await t.leaseDurable()
                }
                try await t.step(lease.token, "1")
                for _ in 0..<2 {
                    let token = lease.token
                    #expect(
                        await t.code { try await t.operation(token, .start, .timer, "1") }
                            == .nondeterministic)
                    #expect(try await t.job(id).error?.type == "nondeterministic")
                    let resumed = try await t.store.resume(id)
                    #expect(resumed.state == .pending)
                    #expect(resumed.error?.type == failed)
                    #expect(try await t.job(id) == resumed)
                    lease = try await t.leaseDurable()
                    #expect(lease.job.attempt == (hasFailed ? 2 : 1))
                }
                #expect(try await t.complete(lease.token).error == nil)
            }
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
        Case("a full journal has room for the undoing of its job") { t in
            t.limitJournal { $0.operations = 2 }
            let (id, lease) = try await compensated(t)
            #expect(await t.code { try await t.step(lease.token, "2") } == .payloadTooLarge)
            try await t.operation(lease.token, .start, .marker, "order/1")
            try await t.operation(lease.token, .start, .marker, "failure")
            for number in 1...97 { try await t.step(lease.token, "compensate/\(number)") }
            #expect(try await t.job(id).operationCount == 101)
            try await t.operation(lease.token, .start, .marker, "compensation/2")
            #expect(await t.code { try await t.step(lease.token, "compensate/98") } == .payloadTooLarge)
            t.limitJournal { $0.bytes = 1 }
            #expect(await t.code { try await t.step(lease.token, "3") } == .payloadTooLarge)
            try await t.step(lease.token, "compensate/98", "\"\(String(repeating: "x", count: 1000))\"")
        },
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
