import LonghaulCore
import LonghaulTestSupport
import Synchronization
import Testing

@testable import LonghaulWorker

/// Reports of log lines that are lost at the end of an attempt.
@Suite struct LogBufferTests {
    private func drain(
        _ messages: [String], problem: @escaping @Sendable ([LogLine]) -> LonghaulError?
    ) async -> (lines: [String], problem: String?) {
        let gateway = LogGateway(problem: problem)
        let buffer = LogBuffer(token: .unknown, gateway: gateway, alarm: Alarm())
        for message in messages {
            buffer.add(LogLine(at: Timestamp(milliseconds: 7), level: .info, message: message))
        }
        await buffer.drain()
        return (gateway.accepted.values, buffer.unsentProblem)
    }

    @Test func refusedLastLinesAreReported() async {
        let log = await drain(["bad", "bad"]) { lines in
            lines.contains { $0.message == "bad" } ? LonghaulError(.invalidRequest, "a line is bad") : nil
        }
        #expect(log.lines == ["2 lines of the log were lost here: a line is bad"])
        #expect(log.problem == nil)
    }

    @Test func lostLinesAreReportedAfterATransientError() async {
        let calls = Atomic(0)
        let log = await drain(["bad"]) { lines in
            if lines.contains(where: { $0.message == "bad" }) {
                return LonghaulError(.invalidRequest, "a line is bad")
            }
            let isFirst = calls.wrappingAdd(1, ordering: .relaxed).newValue == 1
            return isFirst ? LonghaulError(.unavailable, "the connection broke") : nil
        }
        #expect(log.lines == ["1 line of the log was lost here: a line is bad"])
        #expect(log.problem == nil)
    }

    @Test func everyLineArrivesInOrderAlthoughEveryOtherCallFails() async {
        let calls = Atomic(0)
        let messages = (0..<2500).map { "\($0)" }
        let log = await drain(messages) { _ in
            calls.wrappingAdd(1, ordering: .relaxed).newValue % 2 == 1
                ? LonghaulError(.unavailable, "the connection broke") : nil
        }
        #expect(log.lines == messages)
        #expect(log.problem == nil)
    }

    @Test(.timeLimit(.minutes(1))) func drainEndsIfTheServerRefusesEveryLine() async {
        let log = await drain(["a", "b"]) { _ in LonghaulError(.invalidRequest, "no logs") }
        #expect(log.lines.isEmpty)
        #expect(log.problem == "2 lines of the log are lost: the server did not accept them")
    }

    @Test(.timeLimit(.minutes(1))) func drainEndsIfTheServerIsUnavailable() async {
        let log = await drain(["a"]) { _ in LonghaulError(.unavailable, "the connection broke") }
        #expect(log.lines.isEmpty)
        #expect(log.problem == "1 line of the log is lost: the server did not accept it")
    }

    @Test(.timeLimit(.minutes(1))) func drainEndsIfTheLeaseIsLost() async {
        let log = await drain(["a", "b"]) { _ in LonghaulError(.leaseLost, "the lease has ended") }
        #expect(log.lines.isEmpty)
        #expect(log.problem == nil)
    }
}
