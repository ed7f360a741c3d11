public import LonghaulJSON

/// The rule for JSON values that callers choose: payloads, results, details of errors, outputs of steps.
///
/// It bounds the value itself, not the request around it, so that a value is accepted or refused whichever call
/// brings it: alone, in a batch, from SQL, from a program or from a handler.
public enum ValueRule {
    /// How deep arrays and objects may nest in a value.
    public static let maxDepth = 32

    /// What is wrong with a value; nil if it is good.
    public static func fault(in value: JSONText) -> String? {
        value.isNested(deeperThan: maxDepth) ? "must be nested at most \(maxDepth) deep" : nil
    }

    /// Refuses a value that breaks the rule.
    ///
    /// - Throws: ``LonghaulError`` `invalid_request` for `field`.
    public static func check(_ value: JSONText?, _ field: String...) throws(LonghaulError) {
        guard let value, let fault = fault(in: value) else { return }
        throw .invalid(field.reduce(.root) { $0.appending($1) }, fault)
    }
}
