/// The rule for short texts that callers choose, such as actors and tags.
enum TextRule {
    /// Whether a text has a number of characters (Unicode scalars) within `lengths`, none of them U+0000.
    static func isPlain(_ text: String, _ lengths: ClosedRange<Int>) -> Bool {
        // No character has fewer bytes than one, and none more than four.
        let bytes = text.utf8.count
        if bytes > lengths.upperBound || bytes < lengths.lowerBound {
            guard bytes >= lengths.lowerBound, bytes <= 4 * lengths.upperBound,
                text.unicodeScalars.count <= lengths.upperBound
            else { return false }
        }
        return (lengths.lowerBound == 0 || bytes > 0) && !text.utf8.contains(0)
    }
}
