/// The result of one check of a store.
public struct StoreDiagnosis: Sendable, Hashable {
    /// The name of the check.
    public var check: String
    /// The number of faults.
    public var found: Int
    /// An example of a fault.
    public var example: String?
    /// The number of repaired faults.
    public var repaired = 0

    /// A diagnosis.
    public init(check: String, found: Int, example: String?, repaired: Int = 0) {
        self.check = check
        self.found = found
        self.example = example
        self.repaired = repaired
    }

    /// The message about a file or a folder that other users may use.
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

    /// The number of faults that are not repaired.
    public var left: Int { found - repaired }
}
