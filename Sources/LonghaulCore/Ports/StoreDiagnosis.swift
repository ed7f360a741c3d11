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

    /// The check of the schema version.
    ///
    /// - Parameter current: the version that this build reads and writes.
    public static func schema(version: Int, current: Int) -> StoreDiagnosis {
        guard version != current else { return StoreDiagnosis(check: "schema", found: 0, example: nil) }
        let advice =
            version < current
            ? "run the doctor with --fix, or start a server, to migrate it" : "use a newer release"
        return StoreDiagnosis(
            check: "schema", found: 1,
            example: "the store has schema version \(version); this build uses \(current): \(advice)")
    }

    /// How many faults are left.
    public var left: Int { found - mended }
}
