import LonghaulTestSupport
import Testing

@testable import LonghaulHTTP

@Suite("HTTP server: writers of streams")
struct HTTPBodyWriterTests {
    @Test("a writer continues when all bytes are read, also with a low limit", arguments: [-1, 0, 1, 2, 3])
    func lowLimit(bytes: Int) async throws {
        let writer = HTTPBodyWriter {}
        writer.limitPending(to: bytes)
        let writing = Task { try await writer.write([1, 2, 3, 4]) }
        var buffer = [UInt8](repeating: 0, count: 8)
        try await eventually("four bytes are read") {
            buffer.withUnsafeMutableBytes { writer.read(into: $0) } == .bytes(4)
        }
        // Ends the wait with an error if the read has not ended it.
        let stop = Task {
            try await Task.sleep(for: .seconds(20))
            writing.cancel()
        }
        try await writing.value
        stop.cancel()
    }
}
