package import LonghaulCore

/// A check of a store. `Reader` and `Transaction` are those of the driver.
package struct StoreCheck<Reader, Transaction>: Sendable {
    package let name: String
    package let look: @Sendable (Reader, Timestamp) throws -> Symptom
    /// Repairs what `look` finds; nil if the correct value is not known.
    package let repair: (@Sendable (Transaction) throws -> Void)?

    package init(
        name: String, look: @escaping @Sendable (Reader, Timestamp) throws -> Symptom,
        repair: (@Sendable (Transaction) throws -> Void)? = nil
    ) {
        self.name = name
        self.look = look
        self.repair = repair
    }

    /// Looks, repairs what was found, and looks again.
    ///
    /// - Parameter repair: runs a repair in a transaction; nil for a check only.
    package func examine(
        look: () async throws -> Symptom,
        repair run: ((@escaping @Sendable (Transaction) throws -> Void) async throws -> Void)?
    ) async throws -> StoreDiagnosis {
        let before = try await look()
        var diagnosis = StoreDiagnosis(check: name, found: before.count, example: before.example)
        guard before.count > 0, let run, let repair else { return diagnosis }
        try await run(repair)
        diagnosis.repaired = before.count - min(before.count, try await look().count)
        return diagnosis
    }
}

/// The inconsistencies that a check found.
package struct Symptom: Sendable {
    package var count: Int
    package var example: String?

    package init(count: Int = 0, example: String? = nil) {
        self.count = count
        self.example = example
    }

    package mutating func add(_ example: @autoclosure () -> String) {
        count += 1
        if self.example == nil { self.example = example() }
    }

    package static func += (left: inout Symptom, right: Symptom) {
        left.count += right.count
        left.example = left.example ?? right.example
    }
}
