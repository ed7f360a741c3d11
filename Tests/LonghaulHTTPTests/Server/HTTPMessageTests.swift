import Testing

@testable import LonghaulHTTP

@Suite("HTTP messages")
struct HTTPMessageTests {
    private func target(_ text: String) throws(DecodedTarget.Fault) -> DecodedTarget {
        let bytes = Array(text.utf8)
        let result: Result<DecodedTarget, DecodedTarget.Fault> = bytes.withUnsafeBufferPointer { bytes in
            do throws(DecodedTarget.Fault) {
                return .success(try DecodedTarget(bytes))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    @Test("targets are split before they are decoded")
    func targets() throws {
        #expect(try target("/").segments.isEmpty)
        #expect(try target("/a/").segments == ["a", ""])
        #expect(try target("/a%2Fb/../%C3%A9+?").segments == ["a/b", "..", "é+"])
        #expect(try target("*").path == "*")
        #expect(try target("http://h").segments.isEmpty)
        #expect(try target("http://h?a=1").query.first("a") == "1")
        let query = try target("/?a=1&b&&a=2%3D=3+4&=x").query
        #expect(query.all("a") == ["1", "2==3 4"])
        #expect(query.names == ["a", "b", ""])
        #expect(query.first("c") == nil)
    }

    @Test("an invalid target is rejected with a reason")
    func faultyTargets() {
        let cases: [(String, DecodedTarget.Fault)] = [
            ("", .notAPath), ("a", .notAPath), ("h:80", .notAPath), ("/%", .badEscape), ("/%4", .badEscape),
            ("/%4g", .badEscape), ("/%00", .controlCharacter), ("/a b", .controlCharacter),
            ("/%80", .notUTF8), ("/?a=%C3", .notUTF8), ("/?%=1", .badEscape),
        ]
        for (text, fault) in cases {
            #expect(throws: fault, "\(text)") { try target(text) }
        }
    }

    @Test("events are encoded in the format of the standard")
    func events() {
        let event = ServerSentEvents.text(
            id: "7\nx", event: "job", data: "a\r\nb\n\nc\u{2028}d", retryMilliseconds: 5)
        #expect(event == "id: 7x\nevent: job\nretry: 5\ndata: a\ndata: b\ndata: \ndata: c\u{2028}d\n\n")
        #expect(ServerSentEvents.text(data: "") == "data: \n\n")
    }

    @Test("a body can be read once")
    func wholeBody() async throws {
        let body = HTTPBody([1, 2])
        #expect(try await body.next() == [1, 2])
        #expect(try await body.next() == nil)
        await #expect(throws: HTTPBodyError.tooLarge(limit: 1)) {
            try await HTTPBody([1, 2]).collect(upTo: 1)
        }
    }

    @Test("a cancelled reader stops waiting, and a second reader is rejected")
    func channel() async throws {
        let channel = RequestBodyChannel(expectedLength: nil) {}
        let reader = Task { try await channel.next() }
        reader.cancel()
        await #expect(throws: CancellationError.self) { try await reader.value }
        let readers = [Task { try await channel.next() }, Task { try await channel.next() }]
        // The second task is rejected; the first one receives the bytes.
        [UInt8](repeating: 5, count: 3).withUnsafeBytes { _ = channel.append($0) }
        channel.finish()
        let results = await [readers[0].result, readers[1].result]
        #expect(results.contains { (try? $0.get()) == [5, 5, 5] })
    }
}
