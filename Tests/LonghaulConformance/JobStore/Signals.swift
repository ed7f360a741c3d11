import LonghaulCore
import LonghaulJSON
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    static let signals: [Case] = [
        Case("a signal resolves the operation that waits for it, and wakes the job") { t in
            let (id, lease) = try await t.durable()
            let waiting = try await t.operation(lease.token, .start, .signal, "1") { $0.name = "paid" }
            #expect(waiting.status == .waiting && waiting.until == nil)
            try await t.suspend(lease.token, on: "1")
            #expect(try await t.signal(id, "other"))
            #expect(try await t.job(id).state == .suspended)
            #expect(try await t.signal(id, "paid", "[7]"))
            #expect(try await t.job(id).state == .pending)
            let again = try await t.leaseDurable()
            #expect(again.journal.operations.map(\.output) == [json("[7]")])
            #expect(again.journal.operations.map(\.status) == [.succeeded])
        },
        Case("early signals are kept, and each is consumed once, in order") { t in
            let (id, lease) = try await t.durable()
            for value in 1...3 { try await t.signal(id, "s", "\(value)") }
            try await t.signal(id, "other", "9")
            for value in 1...3 {
                let operation = try await t.operation(lease.token, .start, .signal, "\(value)") {
                    $0.name = "s"
                }
                #expect(operation.status == .succeeded && operation.output == json("\(value)"))
            }
            try await t.journal(
                lease.token, t.update(.start, .signal, "4") { $0.name = "s" },
                t.update(.start, .signal, "5") { $0.name = "s" })
            try await t.signal(id, "s", "4")
            #expect(try await t.operation(id, "4")?.output == json("4"))
            #expect(try await t.operation(id, "5")?.status == .waiting)
            try await t.signal(id, "s", "5")
            #expect(try await t.operation(id, "5")?.output == json("5"))
        },
        Case("a signal reaches a job in every state but the final ones") { t in
            for state in JobState.allCases {
                let job = try await job(in: state, t) { $0.spec.queue = "signals" }
                if state.isFinal {
                    #expect(await t.code { try await t.signal(job.id) } == .conflict)
                } else {
                    #expect(try await t.signal(job.id))
                    #expect(try await t.job(job.id).state == state)
                }
            }
            #expect(await t.code { try await t.signal(t.ids.next()) } == .notFound)
        },
        Case("a signal with a known key is accepted once") { t in
            let (id, lease) = try await t.durable()
            #expect(try await t.signal(id, "s", "1", key: 1))
            #expect(try await !t.signal(id, "s", "1", key: 1))
            #expect(await t.code { try await t.signal(id, "s", "2", key: 1) } == .idempotencyKeyReused)
            #expect(await t.code { try await t.signal(id, "other", "1", key: 1) } == .idempotencyKeyReused)
            try await t.journal(
                lease.token, t.update(.start, .signal, "1") { $0.name = "s" },
                t.update(.start, .signal, "2") { $0.name = "s" })
            #expect(try await !t.signal(id, "s", "1", key: 1))
            #expect(try await t.operation(id, "2")?.status == .waiting)
            #expect(try await t.signal(id, "s", "1", key: 2))
            #expect(try await t.operation(id, "2")?.output == json("1"))
            // A key belongs to one job, and outlives its end.
            try await t.complete(lease.token)
            #expect(try await !t.signal(id, "s", "1", key: 1))
            let (other, _) = try await t.durable()
            #expect(try await t.signal(other, "s", "1", key: 1))
        },
        Case("a wait for a signal fails when its time is over, and later signals are kept") { t in
            let (id, lease) = try await t.durable()
            let waiting = try await t.operation(lease.token, .start, .signal, "1") {
                $0.options.timeoutSeconds = 60
            }
            #expect(waiting.until == t.time.now().adding(seconds: 60))
            try await t.suspend(lease.token, on: "1")
            t.time.advance(seconds: 60)
            // No maintenance has ended the wait.
            #expect(try await t.signal(id, "signal", "5"))
            _ = try await t.store.maintain(limit: 10)
            let again = try await t.leaseDurable()
            let operation = try #require(again.journal.operations.first)
            #expect(operation.status == .failed && operation.error?.type == "timeout")
            #expect(operation.endedAt == t.time.now())
            #expect(try await t.operation(again.token, .start, .signal, "2").output == json("5"))
        },
        Case("a signal token serves its operation once") { t in
            let (id, lease) = try await t.durable()
            let waiting = try await t.operation(lease.token, .start, .signal, "1")
            let token = SignalToken(jobID: id, number: waiting.number, secret: waiting.secret)
            #expect(waiting.secret != 0)
            let wrong = [
                SignalToken(jobID: id, number: 1, secret: waiting.secret ^ 1),
                SignalToken(jobID: id, number: 2, secret: waiting.secret),
                SignalToken(jobID: t.ids.next(), number: 1, secret: waiting.secret),
            ]
            for token in wrong {
                #expect(await t.code { try await t.store.signal(token, value: .null) } == .notFound)
            }
            try await t.suspend(lease.token, on: "1")
            try await t.store.signal(token, value: json("true"))
            #expect(try await t.operation(id, "1")?.output == json("true"))
            #expect(try await t.job(id).state == .pending)
            #expect(await t.code { try await t.store.signal(token, value: .null) } == .conflict)
            // The token of another type of operation is no signal token.
            let again = try await t.leaseDurable()
            let timer = try await t.operation(again.token, .start, .timer, "2") { $0.options.seconds = 9 }
            let other = SignalToken(jobID: id, number: timer.number, secret: timer.secret)
            #expect(await t.code { try await t.store.signal(other, value: .null) } == .notFound)
        },
        Case("a signal token expires with its operation and with its job") { t in
            let (id, lease) = try await t.durable()
            let timed = try await t.operation(lease.token, .start, .signal, "1") {
                $0.options.timeoutSeconds = 60
            }
            let left = try await t.operation(lease.token, .start, .signal, "2")
            let last = try await t.operation(lease.token, .start, .signal, "3")
            try await t.operation(lease.token, .cancel, .signal, "2")
            t.time.advance(seconds: 60)
            for (operation, maintains) in [(timed, false), (timed, true), (left, false)] {
                if maintains { _ = try await t.store.maintain(limit: 10) }
                let token = SignalToken(jobID: id, number: operation.number, secret: operation.secret)
                #expect(await t.code { try await t.store.signal(token, value: .null) } == .conflict)
            }
            try await t.complete(lease.token)
            let token = SignalToken(jobID: id, number: last.number, secret: last.secret)
            #expect(await t.code { try await t.store.signal(token, value: .null) } == .conflict)
        },
        Case("the number and size of kept signals and the size of a signal are limited") { t in
            t.limitJournal {
                $0.keptSignals = 2
                $0.keptSignalBytes = 10
                $0.outputBytes = 8
            }
            let (id, lease) = try await t.durable()
            #expect(await t.code { try await t.signal(id, "s", "123456789") } == .payloadTooLarge)
            try await t.signal(id, "s", "12345678")
            #expect(await t.code { try await t.signal(id, "s", "123") } == .conflict)
            try await t.signal(id, "s", "12")
            #expect(await t.code { try await t.signal(id, "other", "") } == .conflict)
            // A signal that an operation waits for is not kept.
            try await t.operation(lease.token, .start, .signal, "0") { $0.name = "other" }
            try await t.signal(id, "other", "123456")
            try await t.operation(lease.token, .start, .signal, "1") { $0.name = "s" }
            try await t.signal(id, "s", "12345678")
            let waiting = try await t.operation(lease.token, .start, .signal, "2") { $0.name = "x" }
            let token = SignalToken(jobID: id, number: waiting.number, secret: waiting.secret)
            #expect(
                await t.code { try await t.store.signal(token, value: json("123456789")) } == .payloadTooLarge
            )
        },
    ]
}
