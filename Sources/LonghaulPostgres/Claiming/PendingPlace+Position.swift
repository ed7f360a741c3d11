import LonghaulCore
import LonghaulStore

extension PendingPlace {
    /// The position of a job by its own age, taken from its identifier (48 bits of milliseconds and 12 of a counter).
    static func position(of id: JobID) -> Int64 {
        Int64(bitPattern: ((id.high >> 16) << 12 | id.high & 0xFFF) & 0x7FFF_FFFF_FFFF_FFFF)
    }

    /// The position of a job that became pending at a moment.
    static func position(at moment: Timestamp) -> Int64 {
        max(0, moment.milliseconds) << 12
    }
}
