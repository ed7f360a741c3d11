internal import LonghaulCore
internal import LonghaulStates

/// Reads the members of a record.
struct RecordReader {
    let key: RecordKey
    let value: StateValue

    init(_ record: KeyedRecord) throws(ServiceError) {
        key = record.key
        do {
            value = try StateValue(record.value)
        } catch {
            throw RecordReader.damaged(record.key)
        }
    }

    static func damaged(_ key: RecordKey) -> ServiceError {
        ServiceError(
            ServiceError.internalFailure,
            "The record \(key.space)/\(key.name) is damaged. Run longhaul doctor.")
    }

    func text(_ name: String) throws(ServiceError) -> String {
        guard let text = value[name]?.string else { throw RecordReader.damaged(key) }
        return text
    }

    func integer(_ name: String) throws(ServiceError) -> Int {
        guard let number = value[name]?.number?.int64 else { throw RecordReader.damaged(key) }
        return Int(number)
    }

    func time(_ name: String) throws(ServiceError) -> Timestamp {
        Timestamp(milliseconds: Int64(try integer(name)))
    }

    func optionalTime(_ name: String) -> Timestamp? {
        value[name]?.number?.int64.map { Timestamp(milliseconds: $0) }
    }
}

extension StateValue {
    /// A time in a record: milliseconds since 1970.
    static func time(_ time: Timestamp) -> StateValue {
        .number(.integer(time.milliseconds))
    }

    /// A time in an output: seconds since 1970, with milliseconds.
    static func timestamp(_ time: Timestamp) -> StateValue {
        .number(.decimal(Double(time.milliseconds) / 1000))
    }
}
