import LonghaulCore
import LonghaulJSON
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    static let executionReports: [Case] =
        wakingReports + childReports + taskCalls + reportRaces

    private static let wakingReports: [Case] = [
        Case("a report wakes a suspended execution, and its runner reads it") { t in
            let (id, token) = try await t.started()
            try await t.leave(token, .wait(until: t.time.now().adding(seconds: 60), for: []))
            t.time.advance(seconds: 1)
            try await t.store.report(.task("7", json("[1]")), to: id)
            let woken = try await t.job(id)
            #expect(woken.state == .pending && woken.runAt == t.time.now())
            try await t.store.report(.task("8", json("2")), to: id)
            let again = try await t.leaseExecution()
            let reports = try await t.reports(again.token)
            #expect(reports.map(\.report) == [.task("7", json("[1]")), .task("8", json("2"))])
            #expect(reports.map(\.receivedAt) == [t.time.now(), t.time.now()])
            try await t.hold(again.token) { $0.handledReports = [reports[0].name] }
            #expect(try await t.reports(again.token).map(\.name) == [reports[1].name])
        },
        Case("a report that arrives while a runner holds the execution keeps it from waiting") { t in
            let (id, token) = try await t.started()
            try await t.store.report(.task("1", .null), to: id)
            #expect(try await t.job(id).state == .processing)
            let until = t.time.now().adding(seconds: 60)
            try await t.hold(token, .wait(until: until, for: [])) { $0.events = [json("1")] }
            #expect(try await t.names(.event, of: id).count == 1)
            let reports = try await t.reports(token)
            #expect(reports.count == 1)
            let job = try await t.leave(token, .wait(until: until, for: [])) {
                $0.handledReports = reports.map(\.name)
            }
            #expect(job.state == .suspended && job.runAt == until)
        },
        Case("a report waits for the runner if the execution is pending or is retried") { t in
            let id = try await t.start()
            try await t.store.report(.task("1", .null), to: id)
            let token = try await t.leaseExecution().token
            #expect(try await t.reports(token).count == 1)
            try await t.fail(token, retryIn: 5)
            try await t.store.report(.task("2", .null), to: id)
            #expect(try await t.job(id).state == .retrying)
            try await t.pass(5)
            #expect(try await t.reports(try await t.leaseExecution().token).count == 2)
        },
        Case("the lease of an execution has the reports that no runner has handled, unless they are many") {
            t in
            let id = try await t.start()
            let first = try await t.leaseExecution()
            #expect(first.reports == [])
            try await t.leave(first.token)
            try await t.store.report(.task("1", json("1")), to: id)
            try await t.store.report(.task("2", json("2")), to: id)
            let second = try await t.leaseExecution()
            let stored = try await t.store.execution(second.token, withParts: false).reports
            #expect(stored.count == 2 && second.reports == stored)
            try await t.leave(second.token) { $0.handledReports = stored.map(\.key.name) }
            let end = ChildEnd(task: "1", jobID: t.ids.next(), state: .completed, endedAt: t.time.now())
            for _ in 0...100 { try await t.store.report(.childEnded(end), to: id) }
            let third = try await t.leaseExecution()
            #expect(third.reports == nil)
            #expect(try await t.reports(third.token).count == 101)
        },
        Case("the name of a report is not used again") { t in
            let (id, token) = try await t.started()
            var names: [String] = []
            for _ in 0..<3 {
                try await t.store.report(.task("1", .null), to: id)
                let reports = try await t.reports(token)
                names += reports.map(\.name)
                try await t.hold(token) { $0.handledReports = reports.map(\.name) }
            }
            #expect(names == ["000000001", "000000002", "000000003"])
        },
        Case("a report to a job that is no execution, or that has ended, is refused") { t in
            let other = try await t.submit()
            for id in [other.id, t.ids.next()] {
                for report in [ExecutionReport.task("1", .null), .stop(error: nil, cause: nil), .redrive] {
                    #expect(await t.code { try await t.store.report(report, to: id) } == .notFound)
                }
            }
            let (id, token) = try await t.started()
            try await t.leave(token, .complete(.null))
            for report in [ExecutionReport.task("1", .null), .stop(error: nil, cause: nil), .redrive] {
                #expect(await t.code { try await t.store.report(report, to: id) } == .conflict)
            }
            #expect(try await t.names(.report, of: id).isEmpty)
        },
        Case("an execution keeps a bounded number of unhandled reports of callers") { t in
            t.limitJournal {
                $0.outputBytes = 200
                $0.keptSignals = 3
            }
            let (id, token) = try await t.started()
            let child = t.child("1")
            try await t.hold(token) { $0.children = [child] }
            for _ in 0..<3 { try await t.store.report(.task("1", .null), to: id) }
            #expect(await t.code { try await t.store.report(.task("1", .null), to: id) } == .conflict)
            // The ends of children, and a stop, are stored.
            try await t.complete(try await t.leaseChild().token)
            try await t.store.report(.stop(error: nil, cause: nil), to: id)
            let reports = try await t.reports(token)
            #expect(reports.count == 5)
            try await t.hold(token) { $0.handledReports = reports.map(\.name) }
            try await t.store.report(.task("1", .null), to: id)
            let large = json("\"" + String(repeating: "x", count: 200) + "\"")
            #expect(await t.code { try await t.store.report(.task("1", large), to: id) } == .payloadTooLarge)
        },
        Case("an execution keeps a bounded size of unhandled reports of callers") { t in
            t.limitJournal { $0.keptSignalBytes = 1000 }
            let (id, token) = try await t.started()
            let value = json("\"" + String(repeating: "x", count: 300) + "\"")
            for _ in 0..<2 { try await t.store.report(.task("1", value), to: id) }
            #expect(await t.code { try await t.store.report(.task("1", value), to: id) } == .conflict)
            let first = try #require(try await t.reports(token).first)
            // A repeated call does not count it twice.
            for _ in 0..<2 { try await t.hold(token) { $0.handledReports = [first.name] } }
            try await t.store.report(.task("1", value), to: id)
            #expect(await t.code { try await t.store.report(.task("1", value), to: id) } == .conflict)
        },
    ]

    private static let childReports: [Case] = [
        Case("the end of a child wakes the execution, with its result or its error") { t in
            var (id, token) = try await t.started()
            func end(_ task: String, _ body: (Lease) async throws -> Void) async throws -> ChildEnd {
                let child = t.child(task)
                try await t.leave(token) { $0.children = [child] }
                let startedAt = t.time.now()
                let lease = try await t.leaseChild()
                t.time.advance(seconds: 2)
                try await body(lease)
                token = try await t.leaseExecution().token
                let reports = try await t.reports(token)
                guard reports.count == 1, case .childEnded(let end) = reports[0].report else {
                    throw Unexpected(reports)
                }
                #expect(end.task == task && end.jobID == child.id && end.endedAt == t.time.now())
                #expect(end.worker == "worker one" && end.startedAt == startedAt)
                try await t.hold(token) { $0.handledReports = [reports[0].name] }
                return end
            }
            let completed = try await end("1") { try await t.complete($0.token, #"{"a": 1.0}"#) }
            #expect(completed.state == .completed && completed.error == nil)
            #expect(completed.result == json(#"{"a": 1.0}"#))
            let boom = JobError(type: "b\u{0}", message: "it \"broke\"", details: json("[1]"))
            let failed = try await end("2") { try await t.fail($0.token, boom) }
            #expect(failed.state == .failed && failed.error == boom && failed.result == nil)
            let cancelled = try await end("3") { try await t.cancel($0.job.id) }
            #expect(cancelled.state == .cancelled && cancelled.error == .cancelled)
            #expect(try await t.job(id).childrenCount == 3)
        },
        Case("a child that ends as it is submitted, or before the wait, keeps the execution from waiting") {
            t in
            let failed = try await job(in: .failed, t)
            let (id, token) = try await t.started()
            try await t.hold(token, .wait(until: nil, for: [])) {
                $0.children = [t.child("1") { $0.dependsOn = [failed.id] }, t.child("2")]
            }
            #expect(try await t.reports(token).count == 1)
            try await t.complete(try await t.leaseChild().token)
            let reports = try await t.reports(token)
            #expect(reports.count == 2)
            try await t.hold(token, .wait(until: nil, for: [])) { $0.handledReports = [reports[0].name] }
            try await t.leave(token) { $0.handledReports = [reports[1].name] }
            #expect(try await t.job(id).state == .suspended)
        },
        Case("a child that is retried is reported when it ends") { t in
            let (id, token) = try await t.started()
            try await t.leave(token) { $0.children = [t.child("1") { $0.spec.maxAttempts = 2 }] }
            try await t.fail(try await t.leaseChild().token, retryIn: 1)
            #expect(try await t.job(id).state == .suspended)
            try await t.pass(1)
            try await t.fail(try await t.leaseChild().token)
            #expect(try await t.job(id).state == .pending)
        },
        Case("the end of a child is kept for an execution that has failed without its runner") { t in
            let (id, token) = try await t.started { $0.spec.maxAttempts = 1 }
            try await t.hold(token) {
                $0.children = [t.child("1")]
                $0.parts = ["p": json("1")]
            }
            try await t.fail(token)
            #expect(try await t.job(id).state == .failed)
            try await t.complete(try await t.leaseChild().token)
            #expect(try await t.job(id).state == .failed)
            try await t.retry(id)
            let again = try await t.leaseExecution()
            let reports = try await t.reports(again.token)
            #expect(reports.count == 2 && reports.last?.report == .redrive)
            #expect(try await t.store.execution(again.token, withParts: true).parts == ["p": json("1")])
        },
    ]

    private static let taskCalls: [Case] = [
        Case("a caller with the secret of a task reports on it until it is over") { t in
            let (id, token) = try await t.started()
            try await t.leave(token) {
                $0.tasks = ["3": json(#"{"secret":"s3","heartbeat":5}"#), "4": json(#"{"secret":"s4"}"#)]
            }
            func report(_ task: String, _ secret: String, isFinal: Bool = true) async throws {
                try await t.store.report(
                    TaskCall(jobID: id, task: task, secret: secret, value: json("[1]"), isFinal: isFinal))
            }
            for wrong in ["s4", "", "s3 "] {
                #expect(await t.code { try await report("3", wrong) } == .notFound)
            }
            #expect(try await t.job(id).state == .suspended)
            try await report("3", "s3", isFinal: false)
            #expect(try await t.job(id).state == .pending)
            try await report("3", "s3")
            for isFinal in [true, false] {
                #expect(await t.code { try await report("3", "s3", isFinal: isFinal) } == .conflict)
            }
            try await report("4", "s4")
            let again = try await t.leaseExecution()
            let tasks = try await t.reports(again.token).map(\.report)
            #expect(tasks == ["3", "3", "4"].map { .task($0, json("[1]")) })
            #expect(try await t.names(.task, of: id).isEmpty)
        },
        Case("a call for an unknown execution or task, or after the end, is refused") { t in
            let (id, token) = try await t.started()
            try await t.hold(token) { $0.tasks = ["1": json(#"{"secret":"s"}"#), "2": json("{}")] }
            func code(_ id: JobID, _ task: String, _ secret: String = "s") async -> LonghaulError.Code? {
                let call = TaskCall(jobID: id, task: task, secret: secret, value: .null, isFinal: true)
                return await t.code { try await t.store.report(call) }
            }
            #expect(await code(t.ids.next(), "1") == .notFound)
            #expect(await code(id, "9") == .conflict)
            #expect(await code(id, "2") == .notFound)
            for name in ["", "1\u{0}", String(repeating: "1", count: 513)] {
                #expect(await code(id, name) == .notFound)
            }
            try await t.leave(token, .complete(.null))
            #expect(await code(id, "1") == .conflict)
        },
        Case("a final report that an execution has no room for leaves its task open") { t in
            t.limitJournal { $0.keptSignals = 1 }
            let (id, token) = try await t.started()
            try await t.hold(token) { $0.tasks = ["1": json(#"{"secret":"s"}"#)] }
            try await t.store.report(.task("0", .null), to: id)
            let call = TaskCall(jobID: id, task: "1", secret: "s", value: .null, isFinal: true)
            #expect(await t.code { try await t.store.report(call) } == .conflict)
            try await t.hold(token) { $0.handledReports = ["000000001"] }
            try await t.store.report(call)
        },
    ]

    private static let reportRaces: [Case] = [
        Case("no report is lost between the steps of a runner") { t in
            let id = try await t.start()
            let (senders, perSender) = (4, 10)
            async let sending: [Int] = concurrently(senders) { number in
                for index in 0..<perSender {
                    try await t.store.report(.task("\(number)", json("\(index)")), to: id)
                }
                return number
            }
            var handled: [String: [String]] = [:]
            var count = 0
            while count < senders * perSender {
                let claimed = try await t.claim { $0.queues = [JobSpec.executionQueue] }
                guard let token = claimed.first?.token else { continue }
                var isHeld = true
                while isHeld {
                    let reports = try await t.reports(token)
                    for case .task(let task, let value) in reports.map(\.report) {
                        handled[task, default: []].append(value.description)
                    }
                    count += reports.count
                    var advance = ExecutionAdvance(.wait(until: nil, for: []))
                    advance.handledReports = reports.map(\.name)
                    if case .released = try await t.store.advance(token, advance) { isHeld = false }
                }
            }
            _ = try await sending
            #expect(handled.count == senders)
            #expect(handled.values.allSatisfy { $0 == (0..<perSender).map(String.init) })
            #expect(try await t.job(id).state == .suspended)
        },
        Case("of callers that end the same task, one succeeds") { t in
            let (id, token) = try await t.started()
            try await t.hold(token) { $0.tasks = ["1": json(#"{"secret":"s"}"#)] }
            let done = try await concurrently(8) { number -> Int? in
                let call = TaskCall(
                    jobID: id, task: "1", secret: "s", value: json("\(number)"), isFinal: true)
                do {
                    try await t.store.report(call)
                    return number
                } catch let error as LonghaulError where error.code == .conflict {
                    return nil
                }
            }
            #expect(done.count == 1)
            #expect(try await t.reports(token).map(\.report) == done.map { .task("1", json("\($0)")) })
        },
    ]
}
