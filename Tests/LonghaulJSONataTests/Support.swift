import Foundation
import LonghaulJSON
import LonghaulJSONata

/// Evaluates an expression. Returns its result as JSON; nil if it is undefined.
func evaluate(
    _ source: String, _ input: String? = nil, bindings: [String: String] = [:],
    options: JSONataOptions = JSONataOptions()
) throws -> String? {
    let expression = try JSONataExpression(compiling: source)
    let variables = try bindings.mapValues { try JSONataValue(parsing: Array($0.utf8)) }
    let document = try input.map { try JSONataValue(parsing: Array($0.utf8)) }
    let result = try expression.evaluate(document, bindings: variables, options: options)
    return try result?.json().description
}

/// The error of an expression; nil if it has none.
func evaluationError(
    _ source: String, _ input: String? = nil, options: JSONataOptions = JSONataOptions()
) throws -> JSONataError? {
    do {
        _ = try evaluate(source, input, options: options)
        return nil
    } catch let error as JSONataError {
        return error
    }
}
