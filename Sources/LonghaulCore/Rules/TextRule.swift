/// The rule for short texts that callers choose, such as actors, tags and the names of steps.
package enum TextRule {
    /// Whether a text has a number of characters (Unicode scalars) within `lengths`, none of them U+0000.
    package static func isPlain(_ text: String, _ lengths: ClosedRange<Int>) -> Bool {
        // A character has at most four bytes. A text beyond that is rejected without being read.
        text.utf8.count <= 4 * lengths.upperBound && lengths.contains(text.unicodeScalars.count)
            && !text.utf8.contains(0)
    }
}
