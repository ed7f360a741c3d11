import LonghaulPlatform

/// A point in time, in whole milliseconds since 1970-01-01T00:00:00Z.
///
/// Longhaul stores and shows all times at this resolution, so stored, compared and printed values are equal.
public struct Timestamp: Sendable, Hashable, Comparable {
    /// Milliseconds since the Unix epoch; negative before it.
    public var milliseconds: Int64

    /// A time of this number of milliseconds after the Unix epoch.
    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// The last time that RFC 3339 can express: the end of the year 9999.
    public static let distantFuture = Timestamp(milliseconds: 253_402_300_799_999)

    /// A time before every other one that is stored or compared.
    public static let distantPast = Timestamp(milliseconds: 0)

    /// Whether the left time is before the right one.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }

    /// The time `seconds` later (earlier if negative), at most ``distantFuture``.
    public func adding(seconds: Double) -> Timestamp {
        let sum = Double(milliseconds) + (seconds * 1000).rounded()
        guard sum < Double(Self.distantFuture.milliseconds) else { return .distantFuture }
        return Timestamp(milliseconds: Int64(sum))
    }

    /// Seconds from another time to this one; negative if this one is earlier.
    public func seconds(since other: Timestamp) -> Double {
        Double(milliseconds - other.milliseconds) / 1000
    }
}

extension Timestamp: CustomStringConvertible {
    /// The time in RFC 3339, UTC, with milliseconds: `2026-11-24T09:15:00.123Z`.
    public var description: String {
        String(unsafeUninitializedCapacity: 24) { buffer in
            write(to: buffer)
            return 24
        }
    }

    private func write(to buffer: UnsafeMutableBufferPointer<UInt8>) {
        var seconds = Int(milliseconds / 1000)
        var fraction = Int(milliseconds % 1000)
        if fraction < 0 {
            fraction += 1000
            seconds -= 1
        }
        var fields = tm()
        gmtime_r(&seconds, &fields)
        var position = 0
        func digits(_ value: Int, _ count: Int, then mark: Unicode.Scalar) {
            var rest = value
            for index in stride(from: position + count - 1, through: position, by: -1) {
                buffer[index] = UInt8(48 + rest % 10)
                rest /= 10
            }
            buffer[position + count] = UInt8(mark.value)
            position += count + 1
        }
        digits(Int(fields.tm_year) + 1900, 4, then: "-")
        digits(Int(fields.tm_mon) + 1, 2, then: "-")
        digits(Int(fields.tm_mday), 2, then: "T")
        digits(Int(fields.tm_hour), 2, then: ":")
        digits(Int(fields.tm_min), 2, then: ":")
        digits(Int(fields.tm_sec), 2, then: ".")
        digits(fraction, 3, then: "Z")
    }
}
