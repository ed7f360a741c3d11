import LonghaulCore
import LonghaulJSON
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    static let suspensions: [Case] = [
        Case("a suspended job holds no worker, and its timer makes it pending") { t in
            let (id, lease) = try await t.durable()
            let timer = try await t.operation(lease.token, .start, .timer, "1") {
                $0.name = "a day"
                $0.options.seconds = 86_400
            }
            let end = t.time.now().adding(seconds: 86_400)
            #expect(timer.status == .waiting && timer.until == end)
            let suspended = try await t.suspend(lease.token, on: "1")
            #expect(suspended.state == .suspended)
            #expect(suspended.waitsFor == [OperationWait(id: "1", type: .timer, name: "a day", until: end)])
            #expect(suspended.runAt == end)
            #expect(try await t.job(id) == suspended)
            #expect(try await t.counts() == [.suspended: 1])
            #expect(try await t.claim().isEmpty)
            #expect(await t.code { try await t.complete(lease.token) } == .leaseLost)
            #expect(try await t.store.maintain(limit: 10).nextAt == end)
            try await t.pass(86_399.999)
            #expect(try await t.job(id).state == .suspended)
            try await t.pass(0.001)
            let job = try await t.job(id)
            #expect(job.state == .pending && job.waitsFor.isEmpty && job.runAt == end)
            #expect(try await t.counts() == [.pending: 1])
            let again = try await t.leaseDurable()
            #expect(again.journal.operations.map(\.status) == [.succeeded])
            #expect(again.journal.operations.first?.endedAt == end)
            #expect(try await t.complete(again.token).state == .completed)
            #expect(
                t.changes(of: id).map(\.state) == [
                    .pending, .processing, .suspended, .pending, .processing, .completed,
                ])
        },
        Case("waits are counted by type while jobs are suspended") { t in
            #expect(try await t.store.waitCounts() == [:])
            let (id, lease) = try await t.durable()
            _ = try await t.operation(lease.token, .start, .timer, "1") {
                $0.name = "a day"
                $0.options.seconds = 86_400
            }
            for number in 2...3 {
                _ = try await t.operation(lease.token, .start, .signal, "\(number)") { $0.name = "paid" }
            }
            #expect(try await t.store.waitCounts() == [:])
            _ = try await t.suspend(lease.token, on: "1")
            #expect(try await t.store.waitCounts() == [.timer: 1, .signal: 2])
            try await t.cancel(id)
            #expect(try await t.store.waitCounts() == [:])
        },
        Case("a suspension is no attempt, and a lost lease is one") { t in
            let (id, lease) = try await t.durable { $0.spec.maxAttempts = 2 }
            try await t.operation(lease.token, .start, .timer, "0") { $0.options.seconds = 1 }
            try await t.suspend(lease.token, on: "0")
            for number in 1...3 {
                #expect(try await t.job(id).attempt == 0)
                try await t.pass(1)
                let lease = try await t.leaseDurable()
                #expect(lease.job.attempt == 1)
                try await t.operation(lease.token, .start, .timer, "\(number)") { $0.options.seconds = 1 }
                try await t.suspend(lease.token, on: "\(number)")
            }
            try await t.pass(1)
            _ = try await t.leaseDurable()
            try await t.pass(10_001)
            #expect(try await t.job(id).attempt == 1)
        },
        Case("a suspension after new operations counts failed attempts again, and fences rise") { t in
            let (id, first) = try await t.durable { $0.spec.maxAttempts = 2 }
            var fences = [first.token.fence]
            try await t.operation(first.token, .start, .timer, "0") { $0.options.seconds = 1 }
            try await t.suspend(first.token, on: "0")
            for number in 1...3 {
                try await t.pass(1)
                fences.append(try await t.leaseDurable().token.fence)
                try await t.pass(10_001)
                #expect(try await t.job(id).state == .retrying)
                try await t.pass(2)
                let lease = try await t.leaseDurable()
                fences.append(lease.token.fence)
                #expect(lease.job.attempt == 2 && lease.job.attempts.count == 2)
                try await t.operation(lease.token, .start, .timer, "\(number)") { $0.options.seconds = 1 }
                let suspended = try await t.suspend(lease.token, on: "\(number)")
                #expect(suspended.attempt == 0 && suspended.error == nil && suspended.attempts.isEmpty)
                #expect(try await t.job(id) == suspended)
            }
            #expect(fences == Array(1...7))
            try await t.pass(1)
            let last = try await t.leaseDurable()
            #expect(last.job.attempt == 1)
            // A token from before is not valid again.
            #expect(await t.code { try await t.step(first.token, "x") } == .leaseLost)
        },
        Case("a suspension without new operations does not forget failed attempts") { t in
            let (id, first) = try await t.durable { $0.spec.maxAttempts = 2 }
            try await t.journal(
                first.token, t.update(.start, .signal, "0"), t.update(.start, .step, "1"))
            try await t.fail(first.token, retryIn: 1)
            try await t.pass(1)
            let second = try await t.leaseDurable()
            try await t.operation(second.token, .retry, .step, "1") {
                $0.error = JobError(type: "boom", message: "")
                $0.options.delaySeconds = 5
            }
            let suspended = try await t.suspend(second.token, on: "0", "1")
            #expect(suspended.attempt == 1 && suspended.error?.type == "boom")
            try await t.pass(5)
            let third = try await t.leaseDurable()
            #expect(third.job.attempt == 2)
            #expect(try await t.fail(third.token).state == .failed)
            #expect(try await t.retry(id).state == .pending)
        },
        Case("a suspension on an operation that has ended answers which, and the lease continues") { t in
            let (id, lease) = try await t.durable()
            try await t.journal(
                lease.token, t.update(.start, .timer, "1") { $0.options.seconds = 10 },
                t.update(.start, .timer, "2") { $0.options.seconds = 20 }, t.update(.start, .signal, "3"))
            t.time.advance(seconds: 10)
            // No maintenance has ended the timer.
            #expect(try await t.ready(lease.token, on: "3", "1", "2") == ["1"])
            #expect(try await t.operation(id, "1")?.status == .succeeded)
            #expect(try await t.job(id).state == .processing)
            try await t.signal(id)
            #expect(try await t.ready(lease.token, on: "2", "3") == ["3"])
            #expect(try await t.suspend(lease.token, on: "2").waitsFor.map(\.id) == ["2"])
        },
        Case("a suspension on an unknown operation, one that never waited, or none is refused") { t in
            let (id, lease) = try await t.durable()
            try await t.step(lease.token, "step")
            try await t.journal(
                lease.token, t.update(.start, .marker, "marker"), t.update(.start, .group, "group"),
                t.update(.start, .timer, "timer") { $0.options.seconds = 1 })
            t.time.advance(seconds: 1)
            for name in ["unknown", "step", "marker", "group"] {
                let error = await thrownError {
                    _ = try await t.store.suspend(lease.token, on: ["timer", name])
                }
                #expect(error?.code == .invalidRequest)
                #expect(error?.faults.map(\.pointer.description) == ["/on/1"])
            }
            let error = await thrownError { _ = try await t.store.suspend(lease.token, on: []) }
            #expect(error?.faults.map(\.pointer.description) == ["/on"])
            #expect(try await t.job(id).state == .processing)
        },
        Case("a job that waits for several operations wakes when the first one ends") { t in
            let (id, lease) = try await t.durable()
            try await t.journal(
                lease.token, t.update(.start, .timer, "late") { $0.options.seconds = 20 },
                t.update(.start, .timer, "early") { $0.options.seconds = 10 }, t.update(.start, .signal, "s"))
            try await t.suspend(lease.token, on: "late", "early", "s")
            try await t.pass(10)
            let again = try await t.leaseDurable()
            #expect(again.journal.operations.map(\.status) == [.waiting, .succeeded, .waiting])
            try await t.suspend(again.token, on: "late", "s")
            try await t.signal(id)
            let third = try await t.leaseDurable()
            #expect(try await t.operation(third.token, .cancel, .timer, "late").status == .cancelled)
            try await t.complete(third.token)
            #expect(try await t.store.maintain(limit: 10).nextAt != t.time.now().adding(seconds: 10))
        },
        Case("the next change of a job publishes the operations that the server has ended") { t in
            let (id, lease) = try await t.durable()
            let child = t.submission("child")
            try await t.journal(
                lease.token, t.update(.start, .timer, "1") { $0.options.seconds = 1 },
                t.update(.start, .timer, "2") { $0.options.seconds = 2 }, t.startChild("3", child),
                t.update(.start, .signal, "4") { $0.options.timeoutSeconds = 2 },
                t.update(.start, .signal, "5"), t.update(.start, .timer, "6") { $0.options.seconds = 9 })
            try await t.signal(id)
            try await t.signal(id)
            // Nothing has changed the state of the job.
            t.time.advance(seconds: 1)
            try await t.step(lease.token, "7")
            try await t.suspend(lease.token, on: "2", "3")
            func ends() -> [OperationEnd: Int]? { t.changes(of: id).last?.operationEnds }
            #expect(ends() == [OperationEnd(.signal, .succeeded): 2, OperationEnd(.timer, .succeeded): 1])
            try await t.complete(try await t.lease { $0.kinds = ["child"] }.token)
            #expect(ends() == [OperationEnd(.job, .succeeded): 1])
            t.time.advance(seconds: 1)
            let again = try await t.leaseDurable()
            #expect(ends() == [OperationEnd(.timer, .succeeded): 1])
            _ = try await t.store.pause(id)
            try await t.suspend(again.token, on: "6")
            #expect(ends() == [:])
            try await t.pass(9)
            #expect(ends() == [:])
            _ = try await t.store.resume(id)
            #expect(ends() == [OperationEnd(.timer, .succeeded): 1])
        },
        Case("a job shows the first ten operations that it waits for") { t in
            let (_, lease) = try await t.durable()
            let ids = (1...12).map { "\($0)" }
            _ = try await t.store.updateJournal(lease.token, ids.map { t.update(.start, .signal, $0) })
            guard case .suspended(let job) = try await t.store.suspend(lease.token, on: ids) else {
                throw Unexpected("the job is not suspended")
            }
            #expect(job.waitsFor.map(\.id) == Array(ids.prefix(10)))
        },
        Case("timers that ended while no maintenance ran are in the journal of the next lease") { t in
            let (_, lease) = try await t.durable()
            try await t.journal(
                lease.token, t.update(.start, .timer, "1") { $0.options.seconds = 1 },
                t.update(.start, .signal, "2") { $0.options.timeoutSeconds = 2 })
            try await t.release(lease.token)
            t.time.advance(seconds: 2)
            let again = try await t.leaseDurable()
            #expect(again.journal.operations.map(\.status) == [.succeeded, .failed])
            try await t.complete(again.token)
        },
        Case("a job that continues as new has another payload, an empty journal and its kept signals") { t in
            let (id, lease) = try await t.durable()
            let payload = json("\"" + String(repeating: "x", count: 100_000) + "\"")
            try await t.step(lease.token, "1")
            try await t.signal(id, "a", "1")
            try await t.signal(id, "b", "2")
            try await t.operation(lease.token, .start, .signal, "2") { $0.name = "a" }
            let child = t.submission("child")
            try await t.journal(lease.token, t.startChild("3", child))
            let job = try await t.store.continueAsNew(lease.token, payload: payload)
            #expect(job.state == .pending && job.attempt == 0 && job.spec.payload == payload)
            #expect(await t.code { try await t.complete(lease.token) } == .leaseLost)
            #expect(try await t.operations(id).isEmpty)
            #expect(try await t.job(child.id).state == .cancelled)
            for payload in [json("[2]"), payload, json("[3]")] {
                let next = try await t.leaseDurable()
                let continued = try await t.store.continueAsNew(next.token, payload: payload)
                #expect(continued.spec.payload == payload)
                #expect(try await t.job(id).spec.payload == payload)
            }
            let last = try await t.leaseDurable()
            #expect(last.job.spec.payload == json("[3]") && last.journal == JournalPage())
            let operations = try await t.journal(
                last.token, t.update(.start, .signal, "1") { $0.name = "a" },
                t.update(.start, .signal, "2") { $0.name = "b" })
            #expect(operations.map(\.status) == [.waiting, .succeeded])
            #expect(operations[1].output == json("2") && operations[0].number == 1)
        },
    ]
}
