import Testing

@testable import LonghaulServer

@Suite struct ByteRangeTests {
    static let cases: [(header: String?, size: Int64, expected: ByteRange)] = [
        (nil, 100, .whole), ("bytes=0-9", 100, .part(0..<10)), ("bytes=90-", 100, .part(90..<100)),
        ("bytes=-10", 100, .part(90..<100)), ("bytes=-200", 100, .part(0..<100)),
        ("bytes=50-500", 100, .part(50..<100)), ("bytes=100-", 100, .unsatisfiable),
        ("bytes=-0", 100, .unsatisfiable), ("bytes=0-", 0, .unsatisfiable), ("bytes=-5", 0, .unsatisfiable),
        ("bytes=9-1", 100, .whole), ("bytes=0-1,3-4", 100, .whole), ("bytes=a-b", 100, .whole),
        ("bytes=-", 100, .whole), ("lines=0-1", 100, .whole), ("bytes=1-2-3", 100, .whole),
        ("bytes=99999999999999999999-", 100, .whole),
    ]

    @Test(arguments: cases)
    func choosesWhatTheHeaderAsksFor(header: String?, size: Int64, expected: ByteRange) {
        #expect(ByteRange.choose(header, size: size) == expected)
    }
}

@Suite struct EntityTagTests {
    @Test func matchesAnyOfTheTagsNamed() {
        let tag = Answer.entityTag([1, 2, 3])
        #expect(Answer.matches(tag, tag: tag))
        #expect(Answer.matches("\"other\", W/\(tag)", tag: tag))
        #expect(Answer.matches("*", tag: tag))
        #expect(!Answer.matches("\"other\"", tag: tag))
        #expect(!Answer.matches(nil, tag: tag))
        #expect(tag != Answer.entityTag([1, 2, 4]))
    }
}
