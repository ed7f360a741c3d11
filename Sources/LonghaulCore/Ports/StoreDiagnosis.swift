/// What a check found in a store.
public struct StoreDiagnosis: Sendable, Hashable {
    /// The check, in a word.
    public var check: String
    /// How many faults there were.
    public var found: Int
    /// One of them.
    public var example: String?
    /// How many of them were mended.
    public var mended = 0

    /// A diagnosis.
    public init(check: String, found: Int, example: String?, mended: Int = 0) {
        self.check = check
        self.found = found
        self.example = example
        self.mended = mended
    }

    /// What is wrong with a file or a folder that other users may use.
    public static func openPath(_ path: String) -> String { "other users may use \(path)" }

    /// How many faults are left.
    public var left: Int { found - mended }
}
