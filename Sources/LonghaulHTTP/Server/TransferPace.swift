/// Measures whether a client sends a body, or reads an answer, at the minimum rate.
///
/// Each byte extends the client's time, at most to one timeout from now. A client that sends fast at first and then
/// slowly therefore gains no more than one timeout.
struct TransferPace {
    /// When the client's time ends, in milliseconds of the loop's clock.
    private var end: Double
    private var counted: UInt64
    private let timeout: Double
    /// Bytes per second; 0 for no minimum.
    private let rate: Double

    /// Starts with one timeout.
    init(now: UInt64, total: UInt64, timeout: Duration, rate: Int) {
        self.timeout = Double(timeout.milliseconds)
        self.rate = Double(rate)
        counted = total
        end = Double(now) + self.timeout
    }

    /// Records how many bytes have been transferred since the beginning. Returns when the client's time ends.
    mutating func advance(to total: UInt64, now: UInt64) -> UInt64 {
        let bytes = Double(total - min(counted, total))
        counted = total
        if bytes > 0 {
            let latest = Double(now) + timeout
            end = rate > 0 ? min(end + bytes * 1_000 / rate, latest) : latest
        }
        return UInt64(end)
    }

    /// Excludes a pause that the client has not caused.
    mutating func skip(milliseconds: UInt64) {
        end += Double(milliseconds)
    }
}
