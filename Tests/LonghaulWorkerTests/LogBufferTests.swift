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

    @Test func linesBeyondTheCapacityAreReportedAsLost() async {
        let log = await drain((0...LogBuffer.capacity).map { "\($0)" }) { _ in nil }
        #expect(log.lines.first == "1000 lines of the log were lost here: they could not be sent in time")
        #expect(log.lines.dropFirst().first == "1000")
        #expect(log.lines.last == "\(LogBuffer.capacity)")
        #expect(log.lines.count == LogBuffer.capacity - 1000 + 2)
    }

    @Test func longLineIsCutBetweenCharacters() {
        let limit = FieldBounds.logLineLength.upperBound
        let whole = String(repeating: "x", count: limit)
        #expect(LogBuffer.cut(whole) == whole)
        for shift in 0..<4 {
            let line = String(repeating: "x", count: shift) + String(repeating: "\u{1F600}", count: limit / 4)
            let cut = LogBuffer.cut(line + "xxxx")
            #expect(cut.utf8.count <= limit && cut.utf8.count > limit - 8)
            #expect(cut.hasSuffix(ReportText.mark) && !cut.unicodeScalars.contains("\u{FFFD}"))
            #expect(line.hasPrefix(cut.dropLast(ReportText.mark.count)))
        }
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
