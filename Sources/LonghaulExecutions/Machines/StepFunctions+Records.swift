internal import LonghaulCore

extension StepFunctions {
    /// The record of a key; nil if there is none. Names that no record can have name no record.
    func read(_ key: RecordKey) async throws(ServiceError) -> KeyedRecord? {
        guard key.hasValidName else { return nil }
        do {
            return try await store.record(key)
        } catch {
            throw ServiceError(error)
        }
    }

    /// Records of a range.
    func read(_ range: RecordRange) async throws(ServiceError) -> [KeyedRecord] {
        do {
            return try await store.records(range)
        } catch {
            throw ServiceError(error)
        }
    }

    /// Writes records in one commit.
    ///
    /// - Returns: false if a condition does not hold. Nothing was written then.
    func write(_ writes: [RecordWrite]) async throws(ServiceError) -> Bool {
        do {
            if case .written = try await store.write(writes, starting: nil) { return true }
            return false
        } catch {
            throw ServiceError(error)
        }
    }
}
