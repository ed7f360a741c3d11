/// One token of an expression.
struct Token {
    /// What kind of token this is.
    enum Kind: Equatable {
        /// An operator or a bracket, `and`, `or` and `in`.
        case symbol
        /// A field's name.
        case name
        /// A variable's name, without `$`.
        case variable
        /// A string.
        case string
        /// A number.
        case number
        /// `true`, `false` or `null`.
        case value
        /// A regular expression.
        case regex
        /// The end of the expression.
        case end
    }

    let kind: Kind
    /// The symbol's text, the name, or the literal.
    let value: Value
    /// The offset of the token's end, in UTF-16 code units.
    let position: Int
    var pattern: Pattern?

    /// The symbol's text; empty for other tokens.
    var symbol: String = ""

    /// True for this symbol.
    func isSymbol(_ text: String) -> Bool { kind == .symbol && symbol == text }
}
