import Glibc
import Synchronization

/// Where randomness comes from: the system's generator, or a seeded one in a simulation.
public protocol RandomSource: Sendable {
    /// Sixty-four random bits.
    func next() -> UInt64
}

extension RandomSource {
    /// A random fraction, at least 0 and less than 1.
    public func fraction() -> Double {
        Double(next() >> 11) * 0x1p-53
    }
}

/// The system's cryptographically secure generator, asked for many numbers at a time: each call of it enters
/// the kernel.
public struct SystemRandom: RandomSource {
    private static let reserve = Mutex<[UInt64]>([])
    /// 256 bytes: the most that the system gives at a time.
    private static let reserveCount = 32

    /// The system's generator.
    public init() {}

    /// Sixty-four bits from the system, given to one caller only.
    public func next() -> UInt64 {
        Self.reserve.withLock { reserve in
            if let number = reserve.popLast() { return number }
            reserve = [UInt64](unsafeUninitializedCapacity: Self.reserveCount) { buffer, count in
                let code = getentropy(buffer.baseAddress, buffer.count * MemoryLayout<UInt64>.size)
                precondition(code == 0, "the system has no randomness")
                count = buffer.count
            }
            return reserve.removeLast()
        }
    }
}

/// A generator that gives the same numbers for the same seed (SplitMix64, Steele, Lea and Flood, 2014).
/// For tests and simulations only: its numbers can be foreseen.
public final class SeededRandom: RandomSource {
    private let state: Mutex<UInt64>

    /// A generator that starts from `seed`.
    public init(seed: UInt64) {
        state = Mutex(seed)
    }

    /// The next sixty-four bits of the seed's sequence.
    public func next() -> UInt64 {
        state.withLock { state in
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }
}
