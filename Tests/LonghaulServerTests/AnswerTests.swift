import LonghaulCore
import LonghaulHTTP
import LonghaulJSON
import Testing

@testable import LonghaulServer

/// The parts that all answers share.
@Suite struct AnswerTests {
    private func retryAfter(_ seconds: Double?) -> String? {
        Answer.problem(
            LonghaulError(.systemBusy, "busy", retryAfterSeconds: seconds), instance: "/v1/jobs"
        ).headers["Retry-After"]
    }

    @Test func retryAfterIsAWholeNumberOfSecondsThatSuffices() {
        #expect(retryAfter(0.2) == "1")
        #expect(retryAfter(1.2) == "2")
        #expect(retryAfter(7) == "7")
        #expect(retryAfter(nil) == "30")
    }

    @Test func aPageThatIsTooLargeContinuesAfterItsLastItem() throws {
        let texts = (0..<6).map { String(repeating: "\($0)", count: 1 << 20) }
        let response = Answer.page(texts, next: nil, cursor: { "after \($0.first ?? "-")" }) { text, writer in
            writer.element(text)
        }
        guard case .bytes(let bytes) = response.body else {
            Issue.record("the page has no body")
            return
        }
        #expect(bytes.count <= 4 << 20)
        let page = try JSONDocument(parsing: bytes).root
        let items = try #require(page["items"]?.elements)
        #expect(items.count == 3)
        #expect(page["next_cursor"]?.string == "after 2")
    }

    @Test func aPageThatFitsKeepsItsCursor() throws {
        let response = Answer.page(["a", "b"], next: "c", cursor: { $0 }) { $1.element($0) }
        guard case .bytes(let bytes) = response.body else {
            Issue.record("the page has no body")
            return
        }
        #expect(String(decoding: bytes, as: UTF8.self) == #"{"items":["a","b"],"next_cursor":"c"}"#)
    }

    @Test func workersThatStartedTogetherAreSortedByName() throws {
        let cursors = try ["w1.0.9.b", "w1.0.5.a", "w1.0.5.b", "w1.1.9.a"].map {
            try #require(WorkerCursor($0))
        }
        #expect(cursors.sorted() == cursors)
        #expect(cursors.reversed().sorted() == cursors)
    }

    /// A dot and a combining mark are one character.
    @Test(arguments: ["a", "", "a.b", "\u{301}a", "\u{1DAA1}", "\u{FE0F}.\u{200D}"])
    func theCursorOfAnyWorkerIsRead(_ id: String) throws {
        let cursor = try #require(WorkerCursor("w1.0.9.\(id)"))
        #expect(cursor.description.utf8.elementsEqual("w1.0.9.\(id)".utf8))
    }
}
