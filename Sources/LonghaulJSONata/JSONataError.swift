/// Why an expression could not be compiled or evaluated.
public struct JSONataError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The code, as in JSONata's reference implementation: `S0201` and similar ones for syntax errors, `T…` for
    /// type errors, `D…` for errors of evaluation, `U1001` for a limit.
    public let code: String
    /// What is wrong, in a sentence.
    public let message: String
    /// The offset in UTF-16 code units of the end of the token that the error is about; nil if unknown.
    public let position: Int?
    /// The operator, function or word that the error is about; nil if there is none.
    public let token: String?

    /// An error.
    public init(code: String, message: String, position: Int? = nil, token: String? = nil) {
        self.code = code
        self.message = message
        self.position = position
        self.token = token
    }

    /// Code, message and position in one line.
    public var description: String {
        "\(code): \(message)" + (position.map { " (at position \($0))" } ?? "")
    }
}
