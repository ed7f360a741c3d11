import LonghaulCore
import LonghaulJSON
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    static let journalRestarts: [Case] = restarts + reopenings + forks

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
        Case("a restart keeps a signal again that came by token") { t in
            let (id, lease) = try await t.durable()
            let operation = try await t.operation(lease.token, .start, .signal, "1")
            try await t.suspend(lease.token, on: "1")
            let token = SignalToken(jobID: id, number: operation.number, secret: operation.secret)
            try await t.store.signal(token, value: json("7"))
            _ = try await t.store.restart(id, from: "1")
            let again = try await t.leaseDurable()
            #expect(try await t.operation(again.token, .start, .signal, "1").output == json("7"))
            #expect(try await t.operation(again.token, .start, .signal, "2").output == nil)
        },
    ]

    /// A job that a race has ended: the group `1` has the step `1.1`, the timer `1.2`, the signal `1.3`, a child job `1.4`
    /// and the step `1.5`, which the code has cancelled. The step `2` follows in the commit that ends the race.
    private static func raced(_ t: JobStoreFixture) async throws -> (id: JobID, child: JobID, lease: Lease) {
        let (id, lease) = try await t.durable()
        let child = t.submission("child") { $0.spec.payload = json("5") }
        var start = t.startChild("1.4", child)
        start.update.parentID = "1"
        let inside = { (update: inout OperationUpdate) in update.parentID = "1" }
        try await t.journal(
            lease.token, t.update(.start, .group, "1"),
            t.update(.start, .timer, "1.2") {
                inside(&$0)
                $0.options.seconds = 90
            }, t.update(.start, .signal, "1.3", inside), start, t.update(.start, .step, "1.5", inside),
            t.update(.start, .step, "1.1", inside))
        t.time.advance(seconds: 1)
        try await t.journal(
            lease.token, t.update(.succeed, .step, "1.1"), t.update(.cancel, .timer, "1.2"),
            t.update(.cancel, .signal, "1.3"), t.update(.cancel, .job, "1.4"),
            t.update(.fail, .step, "1.5") {
                $0.error = JobError(type: "step_cancelled", message: "", retryable: false)
            }, t.update(.succeed, .group, "1") { $0.output = json("1") }, t.update(.start, .step, "2"))
        #expect(try await t.job(child.id).state == .cancelled)
        return (id, child.id, lease)
    }

    private static let reopenings: [Case] = [
        Case("a restart inside an ended group opens the group and what it has cancelled") { t in
            let (id, old, lease) = try await raced(t)
            try await t.complete(lease.token)
            #expect(try await t.store.restart(id, from: "1.1").operationCount == 5)
            let operations = try await t.operations(id)
            #expect(operations.map(\.id) == ["1", "1.2", "1.3", "1.4", "1.5"])
            #expect(operations.map(\.number) == [1, 2, 3, 4, 5])
            #expect(operations.map(\.status) == [.started, .waiting, .waiting, .waiting, .started])
            #expect(operations.allSatisfy { $0.output == nil && $0.error == nil && $0.endedAt == nil })
            let child = try #require(operations[3].jobID)
            #expect(child != old)
            let job = try await t.job(child)
            #expect(job.state == .pending && job.spec.payload == json("5") && job.parentID == id)
            let again = try await t.leaseDurable()
            try await t.suspend(again.token, on: "1.2", "1.3", "1.4")
            #expect(try await t.job(id).runAt == t.time.now().adding(seconds: 89))
            try await t.complete(try await t.lease { $0.kinds = ["child"] }.token, "3")
            #expect(try await t.operation(id, "1.4")?.output == json("3"))
            #expect(try await t.job(id).state == .pending)
        },
        Case("a restart after an ended group leaves it as it is") { t in
            let (id, old, lease) = try await raced(t)
            let before = try await t.operations(id)
            t.time.advance(seconds: 1)
            try await t.journal(lease.token, t.update(.succeed, .step, "2"))
            try await t.complete(lease.token)
            #expect(try await t.store.restart(id, from: "2").childrenCount == 1)
            #expect(try await t.operations(id) == Array(before.dropLast()))
            #expect(try await t.job(old).state == .cancelled)
        },
        Case("a restart opens what was cancelled later, also outside of groups") { t in
            let (id, lease) = try await t.durable()
            try await t.journal(
                lease.token, t.update(.start, .signal, "1"), t.update(.start, .signal, "2"),
                t.update(.start, .step, "3"))
            t.time.advance(seconds: 1)
            try await t.journal(
                lease.token, t.update(.cancel, .signal, "1"), t.update(.cancel, .signal, "2"))
            try await t.signal(id, "signal", "8")
            try await t.complete(lease.token)
            _ = try await t.store.restart(id, from: "3")
            // The signal that is kept ends the first wait.
            #expect(try await t.operations(id).map(\.status) == [.succeeded, .waiting])
            #expect(try await t.operation(id, "1")?.output == json("8"))
            try await t.signal(id, "signal", "9")
            #expect(try await t.operation(id, "2")?.output == json("9"))
        },
        Case("a restart lets an operation fail whose child job cannot be submitted again") { t in
            let (id, old, lease) = try await raced(t)
            try await t.complete(lease.token)
            try await t.store.delete([old]).first?.get()
            _ = try await t.store.restart(id, from: "1.1")
            #expect(try await t.operation(id, "1.4")?.error?.type == "job_lost")
            #expect(try await t.job(id).state == .pending)
        },
    ]

    private static let forks: [Case] = [
        Case("a fork is a new job with the operations before one, and the old job is unchanged") { t in
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
            #expect(copy.operationCount == 3 && copy.parentID == nil)
            let operations = try await t.operations(copy.id)
            #expect(operations == (try await t.operations(id).dropLast()))
            #expect(operations.map(\.status) == [.succeeded, .waiting, .succeeded])
            #expect(try await t.job(id) == before)
            #expect(try await t.operations(id).count == 4)
            let forked = try await t.leaseDurable()
            #expect(forked.job.id == copy.id && forked.journal.operations == operations)
            try await t.step(forked.token, "5")
            try await t.suspend(forked.token, on: "2")
            try await t.pass(10)
            for job in [id, copy.id] {
                #expect(try await t.job(job).state == .pending)
                #expect(try await t.operation(job, "2")?.status == .succeeded)
            }
            for (job, operation) in [(id, "9"), (t.ids.next(), "1")] {
                let code = await t.code {
                    _ = try await t.store.fork(job, from: operation, as: t.ids.next(), caller: "other")
                }
                #expect(code == .notFound)
            }
        },
        Case("a fork waits for its own signals and its own child jobs") { t in
            let (id, lease) = try await t.durable()
            let child = t.submission("child") { $0.spec.payload = json("5") }
            let ended = t.submission("ended")
            try await t.journal(
                lease.token, t.startChild("1", child), t.update(.start, .signal, "2"),
                t.startChild("3", ended))
            try await t.signal(id, "signal", "1")
            try await t.complete(try await t.lease { $0.kinds = ["ended"] }.token, "3")
            try await t.operation(lease.token, .start, .signal, "4")
            try await t.step(lease.token, "5")
            let copy = try await t.store.fork(id, from: "5", as: t.ids.next(), caller: "other")
            let operations = try await t.operations(copy.id)
            #expect(operations.map(\.status) == [.waiting, .succeeded, .succeeded, .waiting])
            #expect(operations[2].jobID == ended.id)
            let own = try await t.job(try #require(operations[0].jobID))
            #expect(own.id != child.id && own.parentID == copy.id && own.spec.payload == json("5"))
            #expect(own.state == .pending)
            let waits = [try await t.operations(id)[3], operations[3]]
            #expect(waits[0].secret != waits[1].secret)
            let token = SignalToken(jobID: copy.id, number: 4, secret: operations[3].secret)
            try await t.store.signal(token, value: json("9"))
            #expect(try await t.operation(copy.id, "4")?.output == json("9"))
            #expect(try await t.operation(id, "4")?.status == .waiting)
            // The copy has the signals that its operations have consumed.
            _ = try await t.store.restart(copy.id, from: "2")
            let again = try await t.leaseDurable()
            #expect(try await t.operation(again.token, .start, .signal, "2").output == json("1"))
            #expect(try await t.operation(again.token, .start, .signal, "3").output == json("9"))
            try await t.complete(try await t.lease { $0.kinds = ["child"] }.token, "1")
            try await t.complete(try await t.lease { $0.kinds = ["child"] }.token, "2")
            #expect(try await t.operation(id, "1")?.output == json("1"))
            #expect(try await t.operation(copy.id, "1")?.output == json("2"))
        },
        Case("a fork from inside an ended group opens it in the copy only") { t in
            let (id, old, lease) = try await raced(t)
            try await t.complete(lease.token)
            let copy = try await t.store.fork(id, from: "1.1", as: t.ids.next(), caller: "other")
            let operations = try await t.operations(copy.id)
            #expect(operations.map(\.status) == [.started, .waiting, .waiting, .waiting, .started])
            #expect(operations[3].jobID != old)
            #expect(try await t.operations(id).contains { $0.status == .started })
            #expect(try await t.operation(id, "1")?.status == .succeeded)
            #expect(try await t.job(id).state == .completed)
        },
        Case("a long journal is copied in several transactions, and the copy runs when it is complete") { t in
            for (count, bytes) in [(2, Int64.max), (100, 10)] {
                t.limitJournal {
                    $0.copiedOperations = count
                    $0.copiedBytes = bytes
                }
                let (id, lease) = try await t.durable()
                let child = t.submission("child")
                try await t.operation(lease.token, .start, .timer, "1") { $0.options.seconds = 10 }
                try await t.journal(lease.token, t.startChild("2", child))
                try await t.operation(lease.token, .start, .signal, "3")
                try await t.signal(id, "signal", "3")
                try await t.operation(lease.token, .start, .marker, "compensation/1")
                try await t.journal(
                    lease.token, t.update(.start, .group, "4"),
                    t.update(.start, .step, "4.1") { $0.parentID = "4" },
                    t.update(.succeed, .group, "4"))
                let copy = try await t.store.fork(id, from: "4.1", as: t.ids.next(), caller: "other")
                #expect(copy.state == .pending && !copy.isPaused && copy.operationCount == 5)
                #expect(t.changes(of: copy.id).map(\.state) == [.pending, .suspended, .pending])
                let operations = try await t.operations(copy.id)
                #expect(operations.map(\.id) == ["1", "2", "3", "compensation/1", "4"])
                #expect(operations.map(\.status) == [.waiting, .waiting, .succeeded, .succeeded, .started])
                #expect(try await t.job(try #require(operations[1].jobID)).parentID == copy.id)
                let forked = try await t.leaseDurable()
                #expect(forked.job.id == copy.id)
                try await t.suspend(forked.token, on: "1")
                #expect(try await t.job(copy.id).runAt == t.time.now().adding(seconds: 10))
                try await t.pass(10)
                #expect(try await t.job(copy.id).state == .pending)
                #expect(try await t.cancel(copy.id).isCancelling)
                try await t.cancel(copy.id)
                try await t.complete(lease.token)
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
}
