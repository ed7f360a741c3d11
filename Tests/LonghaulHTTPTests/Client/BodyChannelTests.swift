import Testing

@testable import LonghaulHTTP

/// The buffer between a connection and the reader of a body.
struct BodyChannelTests {
    private func offer(_ bytes: [UInt8], to channel: BodyChannel) -> Bool {
        bytes.withUnsafeBytes { channel.offer($0) }
    }

    @Test func aFullBufferPausesTheConnectionUntilItIsRead() async throws {
        let channel = BodyChannel()
        let piece = [UInt8](repeating: 1, count: BodyChannel.limit)
        #expect(offer(piece, to: channel))
        #expect(!offer([2], to: channel))
        #expect(channel.isPaused)
        var isResumed = false
        #expect(try await channel.next { isResumed = true }.get() == piece)
        #expect(isResumed && !channel.isPaused)
        #expect(offer([2], to: channel))
        #expect(try await channel.next {}.get() == [2])
    }

    @Test func unreadBytesComeBeforeTheError() async throws {
        let channel = BodyChannel()
        #expect(offer([1, 2], to: channel))
        channel.finish(HTTPClientError(.connectionLost, "cut"))
        #expect(try await channel.next {}.get() == [1, 2])
        for _ in 0..<2 {
            guard case .failure(let error) = await channel.next(resume: {}) else {
                Issue.record("the error is missing")
                return
            }
            #expect(error.code == .connectionLost)
        }
    }

    @Test func aBodyEndsWithNil() async throws {
        let channel = BodyChannel()
        channel.finish(nil)
        #expect(try await channel.next {}.get() == nil)
    }
}
