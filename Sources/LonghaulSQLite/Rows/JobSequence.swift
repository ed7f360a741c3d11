import LonghaulCore

/// The primary key of a job's row, derived from its identifier.
///
/// An identifier begins with 48 bits of milliseconds and 12 bits of counter (UUIDv7). The upper 56 bits of a `seq` are
/// 44 bits of the milliseconds (enough until the year 2527) and the counter. The lower seven bits distinguish
/// identifiers that agree in both, which only different generators can make. A job is therefore found by its
/// identifier without an index, and rows are in the order of identifiers.
enum JobSequence {
    /// The maximum number of identifiers that agree in time and counter.
    private static let maxShared: Int64 = 128

    /// The first `seq` that a job of this identifier can have.
    static func base(of id: JobID) -> Int64 {
        Int64(id.high >> 16 & 0xFFF_FFFF_FFFF) << 19 | Int64(id.high & 0xFFF) << 7
    }

    /// The last `seq` that a job of this identifier can have.
    static func last(of id: JobID) -> Int64 {
        base(of: id) + maxShared - 1
    }

    /// The first `seq` of identifiers made at a moment.
    static func base(at moment: Timestamp) -> Int64 {
        min(max(0, moment.milliseconds), 0xFFF_FFFF_FFFF) << 19
    }

    /// The creation time of the identifier at a `seq`.
    static func moment(of seq: Int64) -> Timestamp {
        Timestamp(milliseconds: seq >> 19)
    }
}
