extension String {
    /// The parts between separators, empty ones too.
    ///
    /// A separator and a combining character after it are one `Character`, so `split` of strings would miss it.
    func parts(separator: Unicode.Scalar, maxSplits: Int = .max) -> [String] {
        utf8.split(separator: UInt8(ascii: separator), maxSplits: maxSplits, omittingEmptySubsequences: false)
            .map { String(Substring($0)) }
    }
}
