public import LonghaulJSON

/// The rule for JSON values that callers choose: payloads, results, error details and outputs of steps.
///
/// It limits the value itself, not the request that contains it. So a value is accepted or rejected in the same way by
/// every call: alone, in a batch, from SQL, from a program or from a handler.
public enum ValueRule {
    /// The maximum nesting depth of arrays and objects in a value.
    public static let maxDepth = 32

    /// The error in a value; nil if the value is valid.
    public static func fault(in value: JSONText) -> String? {
        value.isNested(deeperThan: maxDepth) ? "must be nested at most \(maxDepth) deep" : nil
    }

    /// Throws if a value breaks the rule.
    ///
    /// - Throws: ``LonghaulError`` `invalid_request` for `field`.
    public static func check(_ value: JSONText?, _ field: String...) throws(LonghaulError) {
        guard let value, let fault = fault(in: value) else { return }
        throw .invalid(field.reduce(.root) { $0.appending($1) }, fault)
    }
}
