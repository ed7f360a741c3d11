import Synchronization

/// Creates increasing IDs, also within one millisecond and after the clock was set back (RFC 9562, section 6.2,
/// method 1: a counter in `rand_a` that starts at a low value).
public final class JobIDGenerator: Sendable {
    private struct State {
        var milliseconds: UInt64 = 0
        var counter: UInt64 = 0
    }

    private let time: any TimeSource
    private let random: any RandomSource
    private let state = Mutex(State())

    /// A generator with this clock and this random source.
    public init(time: any TimeSource, random: any RandomSource) {
        self.time = time
        self.random = random
    }

    /// A new ID, greater than all earlier ones of this generator.
    public func next() -> JobID {
        let now = UInt64(max(0, time.now().milliseconds))
        let high = state.withLock { state in
            if now > state.milliseconds {
                state.milliseconds = now
                state.counter = random.next() & 0x1FF
            } else {
                state.counter += 1
                if state.counter > 0xFFF {
                    state.milliseconds += 1
                    state.counter = 0
                }
            }
            return state.milliseconds << 16 | 0x7000 | state.counter
        }
        return JobID(high: high, low: random.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000)
    }
}
