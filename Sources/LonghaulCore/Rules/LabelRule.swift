/// Which jobs a worker can serve by its labels.
public enum LabelRule {
    /// The most labels that a job may need.
    public static let mostNeeded = 10

    static let form = "a label has a name of 1 to 100 characters and a value of at most 500, without U+0000"

    static func isLabel(_ name: String, _ value: String) -> Bool {
        TextRule.isPlain(name, 1...100) && TextRule.isPlain(value, 0...500)
    }

    /// Whether a worker with the labels `offered` can serve a job that needs `needed`: it must have each of
    /// them, with that value. A job that needs nothing is served by every worker.
    public static func serves(_ offered: [String: String], needed: [String: String]) -> Bool {
        needed.allSatisfy { offered[$0.key] == $0.value }
    }
}
