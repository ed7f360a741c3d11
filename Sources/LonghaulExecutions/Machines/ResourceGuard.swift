internal import LonghaulCore
internal import LonghaulJSON

/// Prevents a change of a deleted machine or activity from changing a new one with the same name.
///
/// A record that is stored again under the same name has its first revision again. So each change writes a second record, whose key
/// has the identifier of the resource. Its revision is always that of the resource's record.
struct ResourceGuard {
    let id: String
    /// The revision of the resource's record; 0 if it is not stored.
    let recordRevision: Int64

    /// The writes of a resource's record and of its guard.
    func writes(_ key: RecordKey, _ value: JSONText?) -> [RecordWrite] {
        let condition = recordRevision == 0 ? RecordWrite.Condition.absent : .revision(recordRevision)
        return [
            RecordWrite(key, value, if: condition),
            RecordWrite(RecordKey(.revision, id), value == nil ? nil : .null, if: condition),
        ]
    }
}
