import LonghaulCore
import Testing

struct TextRuleTests {
    @Test(arguments: [
        ("", 0...2, true), ("", 1...2, false), ("a", 1...2, true), ("ab", 1...2, true), ("abc", 1...2, false),
        ("😀😀", 1...2, true), ("😀😀😀", 1...2, false), ("😀", 2...4, false), ("a\0", 1...2, false),
    ])
    func lengthsAreCountedInCharacters(_ text: String, _ lengths: ClosedRange<Int>, _ isPlain: Bool) {
        #expect(TextRule.isPlain(text, lengths) == isPlain)
    }
}
