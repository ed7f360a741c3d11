import LonghaulCore
import LonghaulJSON
import LonghaulTesting
import LonghaulWorker
import LonghaulWorkflow
import Synchronization
import Testing

/// Encodes pieces side by side with child jobs and steps. One piece is broken until it is repaired.
private struct Encoding: DurableJob {
    static let kind = "encoding"
    let effects: Effects
    let isRepaired: @Sendable () -> Bool
    var usesGroup = true

    func run(_ count: Int, in flow: Flow) async throws -> Int {
        if usesGroup {
            return try await flow.map("encode", Array(0..<count)) { try await encode($0, $1) }.reduce(0, +)
        }
        return try await withThrowingTaskGroup(of: Int.self) { group in
            for piece in 0..<count { group.addTask { try await encode(piece, flow) } }
            return try await group.reduce(0, +)
        }
    }

    private func encode(_ piece: Int, _ flow: Flow) async throws -> Int {
        if piece % 2 == 0 { return try await flow.call(kind: "encode", piece, as: Int.self) }
        try await flow.sleep(for: .seconds(piece == 3 ? 1 : 1000))
        return try await flow.step("encode \(piece)", retry: .never) {
            effects.add("\(piece)")
            if piece == 3, !isRepaired() { throw JobFailure(type: "broken", message: "piece 3") }
            return piece
        }
    }
}

@Suite struct RestartTests {
    @Test(arguments: [true, false])
    func restartFromTheFailedOperationRunsWhatItsFailureHasCancelled(usesGroup: Bool) async throws {
        let repaired = Mutex(false)
        let effects = Effects()
        let test = DurableTest()
        let process = Encoding(
            effects: effects, isRepaired: { repaired.withLock { $0 } }, usesGroup: usesGroup)
        test.add(process)
        let job = try await test.submit(Encoding.self, 6)
        await #expect(throws: JobFailure.self) { try await job.result() }
        let failed = try #require(try await job.journal.first { $0.type == .step && $0.status == .failed })
        #expect(try await job.journal.count { $0.status == .cancelled } == 5)
        repaired.withLock { $0 = true }
        test.handle(kind: "encode") { $0 }
        try await job.restart(from: failed.id)
        try await Replay.check(process, payload: 6, journal: try await job.journal)
        #expect(try await job.result() == 15)
        #expect(effects.all == ["3", "3", "1", "5"])
    }

    @Test func forkBeforeTheEndOfARaceDecidesItAgain() async throws {
        struct Payment: DurableJob {
            static let kind = "payment"
            func run(_ order: Int, in flow: Flow) async throws -> String {
                try await flow.step("open") {}
                return try await flow.race(
                    "payment",
                    { flow in
                        _ = try await flow.signal("paid", as: Bool.self)
                        try await flow.step("receipt") {}
                        return "paid"
                    },
                    { flow in
                        try await flow.sleep(for: .days(14))
                        return "late"
                    })
            }
        }
        let test = DurableTest()
        test.add(Payment())
        let job = try await test.submit(Payment.self, 1)
        try await job.run(untilSignal: "paid")
        try await test.skip(.days(1))
        try await job.signal("paid", true)
        #expect(try await job.result() == "paid")
        let receipt = try #require(try await job.journal.first { $0.name == "receipt" })
        #expect(try await job.fork(from: receipt.id).result() == "paid")
        let signal = try #require(try await job.journal.first { $0.type == .signal })
        #expect(try await job.fork(from: signal.id).result() == "late")
        #expect(try await job.result() == "paid")
    }
}
