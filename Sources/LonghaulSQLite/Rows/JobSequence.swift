import LonghaulCore

/// Where a job's row lies: a number made from its identifier.
///
/// An identifier begins with 48 bits of milliseconds and 12 bits of counter (UUIDv7). Forty-four of the
/// former (enough until the year 2527) and all of the latter make the upper 56 bits of a `seq`; the lower
/// seven tell apart identifiers that agree in both, which only different generators can make. So a job is
/// found by its identifier without an index for it, and the order of rows is that of identifiers.
enum JobSequence {
    /// How many identifiers may agree in time and counter.
    static let shared: Int64 = 128

    /// The first `seq` that a job of this identifier can have.
    static func base(of id: JobID) -> Int64 {
        Int64(id.high >> 16 & 0xFFF_FFFF_FFFF) << 19 | Int64(id.high & 0xFFF) << 7
    }

    /// The last `seq` that a job of this identifier can have.
    static func last(of id: JobID) -> Int64 {
        base(of: id) + shared - 1
    }

    /// The first `seq` of identifiers made at this moment.
    static func base(at moment: Timestamp) -> Int64 {
        min(max(0, moment.milliseconds), 0xFFF_FFFF_FFFF) << 19
    }

    /// When the identifier of the job at this place was made.
    static func moment(of seq: Int64) -> Timestamp {
        Timestamp(milliseconds: seq >> 19)
    }
}

extension JobID {
    /// The sixteen bytes, as the database keeps them.
    var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 16) { buffer, count in
            for index in 0..<8 {
                buffer[index] = UInt8(truncatingIfNeeded: high >> UInt64(56 - index * 8))
                buffer[index + 8] = UInt8(truncatingIfNeeded: low >> UInt64(56 - index * 8))
            }
            count = 16
        }
    }

    /// Reads sixteen bytes.
    init(bytes: some Sequence<UInt8>) {
        var words: (UInt64, UInt64) = (0, 0)
        for (index, byte) in bytes.enumerated() {
            if index < 8 {
                words.0 = words.0 << 8 | UInt64(byte)
            } else {
                words.1 = words.1 << 8 | UInt64(byte)
            }
        }
        self.init(high: words.0, low: words.1)
    }

    /// Identifiers that lie one after another.
    static func list(_ bytes: [UInt8]) -> [JobID] {
        stride(from: 0, to: bytes.count, by: 16).map { JobID(bytes: bytes[$0..<$0 + 16]) }
    }
}
