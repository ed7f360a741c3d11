/// Measures whether a client sends a body, or reads an answer, at the minimum rate.
///
/// Each byte extends the deadline of the client, up to one timeout from now. So a client that sends fast and then slowly
/// gains at most one timeout.
struct TransferPace {
    /// The deadline of the client, in milliseconds of the loop's clock.
    private var end: Double
    private var counted: UInt64
    private let timeout: Double
    /// Bytes per second; 0 for no minimum.
    private let rate: Double

    /// Creates a measurement with a deadline in one timeout.
    init(now: UInt64, total: UInt64, timeout: Duration, rate: Int) {
        self.timeout = Double(timeout.milliseconds)
        self.rate = Double(rate)
        counted = total
        end = Double(now) + self.timeout
    }

    /// Records the number of bytes transferred since the start. Returns the deadline.
    mutating func advance(to total: UInt64, now: UInt64) -> UInt64 {
        let bytes = Double(total - min(counted, total))
        counted = total
        if bytes > 0 {
            let latest = Double(now) + timeout
            end = rate > 0 ? min(end + bytes * 1_000 / rate, latest) : latest
        }
        return UInt64(end)
    }

    /// Extends the deadline by a pause that the client has not caused.
    mutating func skip(milliseconds: UInt64) {
        end += Double(milliseconds)
    }
}
