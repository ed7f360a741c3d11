/// How an expression is evaluated.
public struct JSONataOptions: Sendable, Hashable {
    /// The bounds on the evaluation.
    public var limits: JSONataLimits
    /// True if the expression may call `$eval`. AWS Step Functions does not have it.
    public var allowsEval: Bool
    /// True if the result may be or hold a function, which becomes an empty string. Otherwise it is error D3155.
    public var allowsFunctionResults: Bool
    /// The time that `$now` and `$millis` return, in milliseconds since 1970; nil for the current time.
    public var nowMilliseconds: Int64?

    /// Options; by default those of the plain language.
    public init(
        limits: JSONataLimits = JSONataLimits(), allowsEval: Bool = true, allowsFunctionResults: Bool = true,
        nowMilliseconds: Int64? = nil
    ) {
        self.limits = limits
        self.allowsEval = allowsEval
        self.allowsFunctionResults = allowsFunctionResults
        self.nowMilliseconds = nowMilliseconds
    }
}

/// A compiled JSONata expression.
///
/// It is immutable: one expression can be kept and evaluated on many threads at once.
///
/// ```swift
/// let expression = try JSONataExpression(compiling: "$sum(items.(price * quantity))")
/// let order = try JSONataValue(parsing: Array(text.utf8))
/// let total = try expression.evaluate(order)?.number
/// ```
public struct JSONataExpression: Sendable {
    let expression: Expression
    /// The text that was compiled.
    public let source: String

    /// Compiles an expression.
    ///
    /// - Parameter limits: The time and the memory that the compilation may take.
    /// - Throws: ``JSONataError`` with a code that begins with `S`, or U1001 if the expression is too long, nests
    ///   too deep or exceeds the limits.
    public init(
        compiling source: String, limits: JSONataLimits = JSONataLimits()
    ) throws(JSONataError) {
        try self.init(Text(source), limits)
    }

    /// Compiles the expression that a JSON string holds, which may have unpaired surrogates.
    ///
    /// - Throws: ``JSONataError`` as the other initializer; S0207 if the value is no string.
    public init(
        compiling source: JSONataValue, limits: JSONataLimits = JSONataLimits()
    ) throws(JSONataError) {
        guard case .string(let text) = source.value else {
            throw JSONataError(code: "S0207", message: "The expression must be a string", position: 0)
        }
        try self.init(text, limits)
    }

    private init(_ text: Text, _ limits: JSONataLimits) throws(JSONataError) {
        do {
            expression = try Lowering.compile(text, Budget(limits))
        } catch {
            throw error.publicError
        }
        source = text.string
    }

    /// Evaluates the expression.
    ///
    /// - Parameters:
    ///   - input: The document that paths start from; nil for none.
    ///   - bindings: Variables by their names without `$`.
    /// - Returns: The result; nil if it is `undefined`.
    /// - Throws: ``JSONataError`` with the code, the place and the token of the error.
    public func evaluate(
        _ input: JSONataValue?, bindings: [String: JSONataValue] = [:],
        options: JSONataOptions = JSONataOptions()
    ) throws(JSONataError) -> JSONataValue? {
        let evaluator = Evaluator(options, budget: Budget(options.limits))
        do {
            let result = try evaluator.run(
                expression, input: input?.value ?? .undefined,
                bindings: bindings.map { (Name($0.key), $0.value.value) })
            guard result.isDefined else { return nil }
            if case .function = result { return JSONataValue(.emptyString) }
            return JSONataValue(result)
        } catch {
            throw error.publicError
        }
    }
}
