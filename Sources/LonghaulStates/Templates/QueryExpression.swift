public import LonghaulJSONata

/// A compiled JSONata expression of a field.
public struct QueryExpression: Sendable {
    /// The expression as written between `{%` and `%}`, without white space around it.
    public let text: String
    /// The place of the field in its state: `Output/total`.
    public let location: String
    private let expression: JSONataExpression
    /// What the expression reads.
    public let references: JSONataReferences

    /// Whether a string is an expression: it begins with `{%` and ends with `%}`, with nothing around them.
    public static func isExpression(_ text: String) -> Bool {
        text.utf8.count >= 4 && text.hasPrefix("{%") && text.hasSuffix("%}")
    }

    /// Compiles the expression of a string with `{% … %}`.
    ///
    /// - Throws: ``JSONataError`` with the code of the syntax error.
    public init(_ source: String, location: String) throws(JSONataError) {
        text = String(source.dropFirst(2).dropLast(2).trimmed)
        self.location = location
        expression = try JSONataExpression(compiling: text)
        references = expression.references
    }

    /// Evaluates the expression.
    ///
    /// - Parameters:
    ///   - type: The type that the field needs; nil for any.
    ///   - milliseconds: The time that is left.
    /// - Throws: ``StateFailure`` `States.QueryEvaluationError` with AWS's text.
    func evaluate(
        in scope: QueryScope, expecting type: QueryType?, milliseconds: Int
    ) throws(StateFailure) -> StateValue {
        let value: StateValue
        do {
            guard
                let result = try scope.evaluate(
                    expression, reading: references, maxMilliseconds: milliseconds)
            else {
                throw failure("returned nothing (undefined).")
            }
            value = result
        } catch let error as JSONataError {
            throw failure(error)
        } catch let failure as StateFailure {
            throw failure
        } catch {
            throw failure("threw an error during evaluation: \(error)")
        }
        guard let type, value.queryType != type else { return value }
        throw failure(
            "returned an unexpected result type. Expected '\(type)', but was '\(value.queryType)' "
                + "for value: \(value.json)")
    }

    private func failure(_ ending: String) -> StateFailure {
        .query(
            "The JSONata expression '\(text)' specified for the field '\(location)' \(ending)",
            location: location)
    }

    private func failure(_ error: JSONataError) -> StateFailure {
        switch error.code {
        case "D3155": failure("returned an unsupported result type.")
        case "U1001": failure("threw an error during evaluation: \(error.message)")
        default: failure("threw an error during evaluation. \(error.code): \(error.message)")
        }
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var result = self
        while let first = result.first, first.isWhitespace { result.removeFirst() }
        while let last = result.last, last.isWhitespace { result.removeLast() }
        return result
    }
}
