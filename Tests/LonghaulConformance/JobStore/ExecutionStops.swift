import LonghaulCore
import LonghaulJSON
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    static let executionStops: [Case] = stops + redrives

    private static let stops: [Case] = [
        Case("a stop wakes the execution, which its runner ends") { t in
            let (id, token) = try await t.started()
            try await t.leave(token)
            try await t.store.report(.stop(error: "E\u{0}", cause: nil), to: id)
            try await t.store.report(.stop(error: "F", cause: "C"), to: id)
            let job = try await t.job(id)
            #expect(job.state == .pending && job.isCancelling)
            let again = try await t.leaseExecution()
            #expect(try await t.reports(again.token).map(\.report) == [.stop(error: "E\u{0}", cause: nil)])
            let ended = try await t.leave(again.token, .cancel(JobError(type: "E", message: "C")))
            #expect(ended.state == .cancelled && !ended.isCancelling)
        },
        Case("a cancellation asks the execution to stop; a second one cancels it at once") { t in
            let (id, token) = try await t.started()
            try await t.hold(token) { $0.children = [t.child("1")] }
            #expect(try await t.cancel(id).state == .processing)
            #expect(try await t.reports(token).map(\.report) == [.stop(error: nil, cause: nil)])
            // Its runner ends its children.
            #expect(try await t.store.cancelDescendants(of: id, limit: 10) == 0)
            #expect(try await t.counts()[.pending] == 1)
            #expect(try await t.cancel(id).state == .cancelled)
            #expect(await t.code { try await t.hold(token) } == .leaseLost)
            #expect(try await t.store.cancelDescendants(of: id, limit: 10) == 1)
            #expect(await t.code { try await t.cancel(id) } == .conflict)
        },
        Case("an execution that stops can still complete") { t in
            let (id, token) = try await t.started()
            try await t.cancel(id)
            #expect(try await t.leave(token, .complete(json("1"))).state == .completed)
            #expect(try await t.job(id).result == json("1"))
        },
    ]

    private static let redrives: [Case] = [
        Case("a redrive makes an ended execution pending, with its parts and its history") { t in
            for isRetry in [false, true] {
                for state in [JobState.failed, .cancelled] {
                    let (id, token) = try await t.started("\(isRetry) \(state)")
                    let error = JobError(type: "boom", message: "")
                    try await t.store.report(.stop(error: nil, cause: nil), to: id)
                    try await t.leave(token, state == .failed ? .fail(error) : .cancel(error)) {
                        $0.parts = ["p": json("1")]
                        $0.events = [json("2")]
                    }
                    if isRetry { try await t.retry(id) } else { try await t.store.report(.redrive, to: id) }
                    let job = try await t.job(id)
                    #expect(job.state == .pending && job.attempt == 0 && job.error == nil)
                    #expect(!job.isCancelling && job.finishedAt == nil)
                    #expect(await t.code { try await t.store.report(.redrive, to: id) } == .conflict)
                    let again = try await t.leaseExecution()
                    #expect(try await t.reports(again.token).map(\.report) == [.redrive])
                    let parts = try await t.store.execution(again.token, withParts: true).parts
                    #expect(parts == ["p": json("1")])
                    #expect(try await t.names(.event, of: id).count == 1)
                    try await t.leave(again.token, .complete(.null))
                }
            }
        },
        Case("a dead letter that is an execution is redriven with a report, or discarded with its records") {
            t in
            for action in [DeadLetterAction.redrive, .discard] {
                let (id, token) = try await t.started("\(action)")
                try await t.leave(token, .fail(JobError(type: "boom", message: ""))) {
                    $0.events = [json("1")]
                }
                let outcome = await t.store.resolveDeadLetters([id], by: action, matching: JobFilter()).first
                try #require(outcome).get()
                if action == .redrive {
                    let again = try await t.leaseExecution()
                    #expect(try await t.reports(again.token).map(\.report) == [.redrive])
                    try await t.leave(again.token, .complete(.null))
                } else {
                    #expect(try await t.store.job(id) == nil)
                    #expect(try await t.names(.event, of: id).isEmpty)
                    #expect(try await t.names(.execution) == ["redrive"])
                }
            }
        },
    ]
}
