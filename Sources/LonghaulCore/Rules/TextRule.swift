/// The rule for short texts that callers choose, such as actors, tags and the names of steps.
package enum TextRule {
    /// Whether the number of characters (Unicode scalars) is within `lengths`, and none of them is U+0000.
    package static func isPlain(_ text: String, _ lengths: ClosedRange<Int>) -> Bool {
        // A character has at most four bytes. A longer text is rejected without being read.
        text.utf8.count <= 4 * lengths.upperBound && lengths.contains(text.unicodeScalars.count)
            && !text.utf8.contains(0)
    }
}
