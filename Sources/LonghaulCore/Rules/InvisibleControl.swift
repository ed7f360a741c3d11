extension Unicode.Scalar {
    /// Whether the scalar controls a terminal or the direction of text: the control characters, U+2028 and U+2029, and
    /// the bidirectional marks, embeddings, overrides and isolates. Text with such scalars can look like other text.
    public var isInvisibleControl: Bool {
        switch value {
        case 0x00...0x1F, 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
