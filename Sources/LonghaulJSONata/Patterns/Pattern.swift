internal import CPCRE2

/// A compiled regular expression with the semantics of JavaScript.
///
/// It is unchecked because it owns a C handle. The compiled code is never changed, and PCRE2 allows any number
/// of threads to match with it.
final class Pattern: @unchecked Sendable {
    /// The regular expression as written.
    let source: Text
    private let code: OpaquePointer

    /// Why a regular expression cannot be compiled.
    struct SyntaxError: Error {
        let message: String
    }

    /// Where a match and its groups lie. A group that took no part is nil.
    struct Match {
        let start: Int
        let end: Int
        let groups: [Range<Int>?]
    }

    /// Maximum steps of backtracking from one start position of a search.
    private static let maxSteps: UInt32 = 5_000_000
    /// Maximum depth of nested backtracking.
    private static let maxDepth: UInt32 = 200_000
    /// Maximum memory for backtracking in one search, in KiB.
    private static let maxKibibytes: UInt32 = 32 << 10
    private static let maxLength = 32 << 10

    init(_ source: Text, isCaseless: Bool = false, isMultiline: Bool = false) throws(SyntaxError) {
        guard source.count <= Pattern.maxLength else {
            throw SyntaxError(message: "longer than \(Pattern.maxLength) characters")
        }
        let translated = try PatternTranslator.translate(source, isMultiline: isMultiline)
        var error: Int32 = 0
        var offset = 0
        let code = translated.units.withUnsafeBufferPointer { units in
            longhaul_pcre2_compile(
                units.baseAddress, units.count, isCaseless ? 1 : 0, isCaseless && !source.isASCII ? 1 : 0,
                &error,
                &offset)
        }
        guard let code else { throw SyntaxError(message: Pattern.message(error)) }
        self.source = source
        self.code = code
    }

    deinit { pcre2_code_free_16(code) }

    private static func message(_ error: Int32) -> String {
        var buffer = [UInt16](repeating: 0, count: 256)
        let length = pcre2_get_error_message_16(error, &buffer, buffer.count)
        return length > 0 ? String(decoding: buffer.prefix(Int(length)), as: UTF16.self) : "error \(error)"
    }

    /// The first match that begins at or after an offset.
    ///
    /// - Throws: U1001 if the search takes too many steps or passes the deadline.
    func firstMatch(in subject: Text, from offset: Int, _ budget: Budget) throws(Failure) -> Match? {
        try budget.steps(8)
        guard offset <= subject.count else { return nil }
        guard let data = pcre2_match_data_create_from_pattern_16(code, nil) else {
            throw Failure.limit("There is not enough memory to match a regular expression")
        }
        defer { pcre2_match_data_free_16(data) }
        let result = subject.units.withUnsafeBufferPointer { units in
            longhaul_pcre2_match(
                code, units.baseAddress, units.count, offset, data,
                longhaul_pcre2_limits(
                    steps: Pattern.maxSteps, depth: Pattern.maxDepth, heap: Pattern.maxKibibytes,
                    deadline: budget.deadline))
        }
        try budget.checkDeadline()
        if result < 0 {
            if longhaul_pcre2_is_timeout(result) != 0 { throw budget.timeFailure() }
            if longhaul_pcre2_is_limit(result) != 0 {
                throw Failure.limit("The regular expression takes too many steps on this string")
            }
            return nil
        }
        return Pattern.match(data)
    }

    private static func match(_ data: OpaquePointer) -> Match? {
        guard let vector = pcre2_get_ovector_pointer_16(data) else { return nil }
        let count = Int(pcre2_get_ovector_count_16(data))
        var groups: [Range<Int>?] = []
        for index in 1..<max(1, count) {
            let start = vector[2 * index]
            let end = vector[2 * index + 1]
            let isUnset = start == longhaul_pcre2_unset() || end < start
            groups.append(isUnset ? nil : Int(start)..<Int(end))
        }
        return Match(start: Int(vector[0]), end: Int(vector[1]), groups: groups)
    }
}
