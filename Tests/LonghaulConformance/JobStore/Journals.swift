import LonghaulCore
import LonghaulJSON
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    static let journals: [Case] = journalUpdates + invalidUpdates + journalReading

    private static let journalUpdates: [Case] = [
        Case("a step is started and succeeds, and its output is recorded once") { t in
            let (id, lease) = try await t.durable()
            let started = try await t.operation(lease.token, .start, .step, "1") {
                $0.name = "charge"
                $0.input = json("[1]")
            }
            #expect(started.status == .started && started.attempt == 1 && started.number == 1)
            #expect(started.name == "charge" && started.input == json("[1]") && started.output == nil)
            #expect(started.startedAt == t.time.now() && started.endedAt == nil)
            t.time.advance(seconds: 1)
            func succeed(_ output: String) async throws -> JournalOperation {
                try await t.operation(lease.token, .succeed, .step, "1") {
                    $0.name = "charge"
                    $0.output = json(output)
                }
            }
            let done = try await succeed("7")
            #expect(done.status == .succeeded && done.output == json("7"))
            #expect(done.endedAt == t.time.now() && done.startedAt == started.startedAt)
            t.time.advance(seconds: 1)
            #expect(try await succeed("8") == done)
            #expect(try await t.operations(id) == [done])
        },
        Case("starting an operation again returns it as it stands") { t in
            let (id, lease) = try await t.durable()
            for type in [OperationType.step, .timer, .signal, .group, .marker] {
                func start() async throws -> JournalOperation {
                    try await t.operation(lease.token, .start, type, type.rawValue) {
                        $0.options.seconds = 10
                        $0.output = type == .marker ? json("1") : nil
                    }
                }
                let first = try await start()
                t.time.advance(seconds: 1)
                #expect(try await start() == first)
            }
            #expect(try await t.operations(id).count == 5)
            #expect(try await t.job(id).operationCount == 5)
        },
        Case("an ended operation never changes") { t in
            let (id, lease) = try await t.durable()
            let token = lease.token
            let error = JobError(type: "boom", message: "it broke")
            try await t.step(token, "done", "1")
            try await t.journal(
                token, t.update(.start, .step, "failed"),
                t.update(.fail, .step, "failed") { $0.error = error }, t.update(.start, .timer, "over"),
                t.update(.cancel, .timer, "over"), t.update(.start, .signal, "left"),
                t.update(.cancel, .signal, "left"), t.update(.start, .group, "group"),
                t.update(.succeed, .group, "group") { $0.output = json("2") })
            let before = try await t.operations(id)
            #expect(
                before.map(\.status) == [
                    .succeeded, .failed, .succeeded, .cancelled, .succeeded,
                ])
            #expect(before[1].error == error)
            t.time.advance(seconds: 1)
            for operation in before {
                let actions: [OperationUpdate.Action] =
                    switch operation.type {
                    case .step: [.start, .succeed, .fail, .retry]
                    case .group: [.start, .succeed, .fail]
                    default: [.start, .cancel]
                    }
                for action in actions {
                    try await t.operation(token, action, operation.type, operation.id) {
                        $0.output = json("9")
                        $0.error = JobError(type: "other", message: "")
                    }
                }
            }
            #expect(try await t.operations(id) == before)
        },
        Case("a step that is retried waits, and starts its next attempt when it is due") { t in
            let (id, lease) = try await t.durable()
            let error = JobError(type: "boom", message: "it broke")
            try await t.operation(lease.token, .start, .step, "1")
            let waiting = try await t.operation(lease.token, .retry, .step, "1") {
                $0.error = error
                $0.options.delaySeconds = 5
            }
            #expect(waiting.status == .waiting && waiting.attempt == 2 && waiting.error == error)
            #expect(waiting.until == t.time.now().adding(seconds: 5) && waiting.endedAt == nil)
            // The answer was lost, and the worker repeats the call.
            let repeated = try await t.operation(lease.token, .retry, .step, "1") {
                $0.error = error
                $0.options.delaySeconds = 5
            }
            #expect(repeated == waiting)
            #expect(try await t.suspend(lease.token, on: "1").state == .suspended)
            try await t.pass(4.999)
            #expect(try await t.job(id).state == .suspended)
            try await t.pass(0.001)
            let again = try await t.leaseDurable()
            #expect(again.journal.operations.map(\.status) == [.started])
            #expect(again.journal.operations.first?.attempt == 2)
            let done = try await t.operation(again.token, .succeed, .step, "1") { $0.output = json("1") }
            #expect(done.status == .succeeded && done.error == nil && done.attempt == 2)
        },
        Case("a retry of an attempt that has been followed by another one changes nothing") { t in
            let (id, lease) = try await t.durable()
            try await t.operation(lease.token, .start, .step, "1")
            let retry: (inout OperationUpdate) -> Void = {
                $0.error = JobError(type: "boom", message: "")
                $0.options.delaySeconds = 5
                $0.options.attempt = 1
            }
            #expect(try await t.operation(lease.token, .retry, .step, "1", retry).attempt == 2)
            try await t.pass(5)
            // The first call was repeated until its delay was over.
            let repeated = try await t.operation(lease.token, .retry, .step, "1", retry)
            #expect(repeated.attempt == 2 && repeated.status == .started)
            #expect(try await t.operation(id, "1") == repeated)
            let next = try await t.operation(lease.token, .retry, .step, "1") {
                retry(&$0)
                $0.options.attempt = 2
            }
            #expect(next.attempt == 3 && next.status == .waiting)
        },
        Case("a marker succeeds at once, and a group is a parent of operations") { t in
            let (id, lease) = try await t.durable()
            let operations = try await t.journal(
                lease.token, t.update(.start, .marker, "now") { $0.output = json("17") },
                t.update(.start, .group, "g"), t.update(.start, .step, "g.1") { $0.parentID = "g" },
                t.update(.succeed, .step, "g.1") { $0.output = json("1") },
                t.update(.fail, .group, "g") { $0.error = JobError(type: "x", message: "") })
            #expect(operations.map(\.status) == [.succeeded, .failed, .succeeded, .succeeded, .failed])
            #expect(operations[0].output == json("17") && operations[2].parentID == "g")
            #expect(try await t.operations(id).map(\.number) == [1, 2, 3])
            let code = await t.code {
                try await t.operation(lease.token, .start, .step, "h.1") { $0.parentID = "h" }
            }
            #expect(code == .invalidRequest)
        },
        Case("a timer without a length ends at once") { t in
            let (_, lease) = try await t.durable()
            let timer = try await t.operation(lease.token, .start, .timer, "1") { $0.options.seconds = 0 }
            #expect(timer.status == .succeeded && timer.output == .null)
            let past = try await t.operation(lease.token, .start, .timer, "2") {
                $0.options.until = t.time.now().adding(seconds: -5)
            }
            #expect(past.status == .succeeded)
            #expect(try await t.ready(lease.token, on: "1", "2") == ["1", "2"])
        },
        Case("checkpoints are operations of the journal") { t in
            let (id, lease) = try await t.durable()
            _ = try await t.store.putStep(lease.token, name: "charge", output: json("1"))
            let operations = try await t.operations(id)
            #expect(operations.map(\.type) == [.step] && operations.map(\.name) == ["charge"])
            #expect(operations.map(\.output) == [json("1")])
            #expect(operations.first?.status == .succeeded)
        },
        Case("checkpoints with long names are distinct") { t in
            let (_, lease) = try await t.durable()
            let beginning = String(repeating: "n", count: 100)
            for name in ["1", "2"] {
                _ = try await t.store.putStep(lease.token, name: beginning + name, output: json(name))
            }
            for name in ["1", "2"] {
                #expect(try await t.store.step(lease.token, name: beginning + name) == json(name))
            }
        },
    ]

    private static let invalidUpdates: [Case] = [
        Case("the updates of a call are stored together or not at all, with pointers to the fault") { t in
            let (id, lease) = try await t.durable()
            try await t.step(lease.token, "0")
            let before = try await t.operations(id)
            let child = t.submission("child")
            let error = await thrownError {
                try await t.journal(
                    lease.token, t.update(.start, .step, "1"), t.startChild("2", child),
                    t.update(.succeed, .step, "missing") { $0.output = .null })
            }
            #expect(error?.code == .invalidRequest)
            #expect(error?.faults.map(\.pointer.description) == ["/updates/2/id"])
            #expect(try await t.operations(id) == before)
            #expect(try await t.store.job(child.id) == nil)
            #expect(try await t.job(id).operationCount == 1)
            try await t.step(lease.token, "1")
            #expect(try await t.operations(id).map(\.number) == [1, 2])
        },
        Case("an action that an operation does not have is refused") { t in
            let (_, lease) = try await t.durable()
            try await t.journal(
                lease.token, t.update(.start, .step, "s"), t.update(.start, .signal, "w"),
                t.update(.start, .group, "g"))
            for (type, id, action) in [
                (OperationType.step, "s", OperationUpdate.Action.cancel), (.signal, "w", .succeed),
                (.signal, "w", .retry), (.group, "g", .retry),
            ] {
                let error = await thrownError { try await t.operation(lease.token, action, type, id) }
                #expect(error?.faults.map(\.pointer.description) == ["/updates/0/action"])
            }
        },
        Case("an operation with another type or name pauses the job and keeps nothing of the call") { t in
            for renames in [true, false] {
                let (id, lease) = try await t.durable()
                try await t.step(lease.token, "1", "7")
                let error = await thrownError {
                    try await t.journal(
                        lease.token, t.update(.start, .step, "2"),
                        t.update(.start, renames ? .step : .timer, "1") { if renames { $0.name = "other" } })
                }
                #expect(error?.code == .nondeterministic)
                let job = try await t.job(id)
                #expect(job.state == .suspended && job.isPaused && job.attempt == 0)
                #expect(job.error?.type == "nondeterministic")
                let details = try JSONDocument(parsing: try #require(job.error?.details).bytes).root
                #expect(details["id"]?.string == "1")
                #expect(details["recorded"]?["name"]?.string == "step")
                #expect(details["requested"]?["name"]?.string == (renames ? "other" : "timer"))
                #expect(try await t.operations(id).map(\.id) == ["1"])
                #expect(await t.code { try await t.step(lease.token, "1") } == .leaseLost)
                #expect(try await t.claim().isEmpty)
                #expect(try await t.store.resume(id).state == .pending)
                let again = try await t.leaseDurable()
                #expect(again.job.id == id && again.job.attempt == 1)
                try await t.step(again.token, "2")
                try await t.complete(again.token)
            }
        },
        Case("only the current lease changes the journal") { t in
            let (id, lease) = try await t.durable()
            try await t.step(lease.token, "1")
            t.time.advance(seconds: 10_001)
            for maintains in [false, true] {
                if maintains { _ = try await t.store.maintain(limit: 10) }
                #expect(await t.code { try await t.step(lease.token, "2") } == .leaseLost)
                #expect(await t.code { _ = try await t.store.suspend(lease.token, on: ["1"]) } == .leaseLost)
                #expect(
                    await t.code { _ = try await t.store.continueAsNew(lease.token, payload: .null) }
                        == .leaseLost)
                #expect(
                    await t.code { _ = try await t.store.journal(lease.token, after: 0, limit: 1) }
                        == .leaseLost)
            }
            #expect(try await t.operations(id).count == 1)
            #expect(try await t.job(id).attempt == 1)
        },
        Case("the number of operations, the size of a journal and that of an output are limited") { t in
            t.limitJournal {
                $0.operations = 3
                $0.bytes = 60
                $0.outputBytes = 20
            }
            let (id, lease) = try await t.durable()
            func start(_ id: String, bytes: Int) async throws {
                try await t.operation(lease.token, .start, .marker, id) {
                    $0.output = json("\"" + String(repeating: "x", count: bytes - 2) + "\"")
                }
            }
            #expect(await t.code { try await start("1", bytes: 21) } == .payloadTooLarge)
            try await start("1", bytes: 20)
            // An operation counts with its identifier and its name.
            try await start("2", bytes: 20)
            #expect(await t.code { try await start("3", bytes: 7) } == .payloadTooLarge)
            try await t.operation(lease.token, .start, .timer, "3") { $0.options.seconds = 10 }
            #expect(await t.code { try await start("4", bytes: 2) } == .payloadTooLarge)
            #expect(try await t.operations(id).count == 3)
            // What frees room is possible in a full journal.
            t.limitJournal { $0.bytes = 10 }
            #expect(try await t.operation(lease.token, .cancel, .timer, "3").status == .cancelled)
            #expect(
                try await t.store.continueAsNew(lease.token, payload: json("2")).operationCount == 0)
            t.limitJournal {
                $0.operations = 3
                $0.bytes = 60
                $0.outputBytes = 20
            }
            let next = try await t.leaseDurable()
            for number in 1...2 {
                try await t.operation(next.token, .start, .marker, "\(number)") {
                    $0.output = json("\"" + String(repeating: "x", count: 18) + "\"")
                }
            }
        },
    ]

    private static let journalReading: [Case] = [
        Case("a lease has the first page of the journal, and the following pages are read by number") { t in
            let (id, lease) = try await t.durable()
            #expect(lease.journal == JournalPage())
            for batch in 0..<3 {
                _ = try await t.store.updateJournal(
                    lease.token,
                    (0..<80).map { index in
                        t.update(.start, .marker, "\(batch * 80 + index)") { $0.output = json("1") }
                    })
            }
            try await t.release(lease.token)
            let again = try await t.leaseDurable()
            #expect(again.journal.operations.map(\.number) == Array(1...100))
            #expect(again.journal.next == 100)
            let second = try await t.store.journal(again.token, after: 100, limit: 100)
            #expect(second.operations.map(\.number) == Array(101...200) && second.next == 200)
            let third = try await t.store.journal(again.token, after: 200, limit: 100)
            #expect(third.operations.map(\.number) == Array(201...240) && third.next == nil)
            let page = try #require(try await t.store.journal(of: id, after: 238, limit: 2))
            #expect(page.operations.map(\.number) == [239, 240] && page.next == nil)
            #expect(try await t.store.journal(of: t.ids.next(), after: 0, limit: 1) == nil)
            let other = try await t.submit()
            #expect(try await t.store.journal(of: other.id, after: 0, limit: 1) == JournalPage())
        },
        Case("a page of large operations ends early, and the next page follows it") { t in
            let (id, lease) = try await t.durable()
            let text = json("\"" + String(repeating: "x", count: 200_000) + "\"")
            for number in 1...8 {
                try await t.operation(lease.token, .start, .marker, "\(number)") { $0.output = text }
            }
            try await t.release(lease.token)
            var page = try await t.leaseDurable().journal
            var found = page.operations.map(\.number)
            #expect(found == Array(1...6))
            while let next = page.next {
                page = try #require(try await t.store.journal(of: id, after: next, limit: 100))
                found += page.operations.map(\.number)
            }
            #expect(found == Array(1...8))
        },
        Case("the journal is removed with its job") { t in
            for deletes in [true, false] {
                let (id, lease) = try await t.durable { $0.spec.retentionSeconds = 10 }
                try await t.step(lease.token, "1")
                try await t.signal(id, "early", key: 1)
                try await t.complete(lease.token)
                #expect(try await t.operations(id).count == 1)
                if deletes { try await t.delete(id) } else { try await t.pass(10) }
                #expect(try await t.store.journal(of: id, after: 0, limit: 1) == nil)
                #expect(await t.code { try await t.signal(id, "early", key: 1) } == .notFound)
            }
        },
    ]
}
