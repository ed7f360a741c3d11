import Testing

@testable import LonghaulWorker

/// The lines of a program that report progress.
@Suite struct ProgressLineTests {
    @Test func aLineHasAPercentageAndAMessage() {
        let line = ProgressLine("::progress 40 page 4 of 10")
        #expect(line?.percent == 40)
        #expect(line?.message == "page 4 of 10")
        #expect(ProgressLine("::progress 40")?.percent == 40)
        #expect(ProgressLine("::progress 40")?.message == nil)
    }

    @Test(arguments: [
        "", "::progress", "::progress ", "::progress  ", "::progress x", "::progress 101", " ::progress 4",
    ])
    func anyOtherLineIsText(_ line: String) {
        #expect(ProgressLine(line)?.percent == nil)
    }

    /// A space and a combining mark are one character.
    @Test func aMessageMayBeginWithACombiningMark() {
        #expect(ProgressLine("::progress 40 \u{301}a b")?.message == "\u{301}a b")
    }
}
