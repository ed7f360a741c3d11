/// Which jobs a worker can serve with its labels.
public enum LabelRule {
    static let form =
        "a name of 1 to \(FieldBounds.tagNameLength.upperBound) characters and a value of at most \(FieldBounds.tagValueLength.upperBound), without U+0000"

    static func isLabel(_ name: String, _ value: String) -> Bool {
        TextRule.isPlain(name, FieldBounds.tagNameLength)
            && TextRule.isPlain(value, FieldBounds.tagValueLength)
    }

    /// Whether a worker with the labels `offered` can serve a job that requires `needed`. The worker must have each
    /// required label with the same value. Every worker can serve a job without required labels.
    public static func serves(_ offered: [String: String], needed: [String: String]) -> Bool {
        needed.allSatisfy { offered[$0.key] == $0.value }
    }
}
