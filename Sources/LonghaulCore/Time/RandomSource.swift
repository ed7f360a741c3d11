import LonghaulPlatform
import Synchronization

/// A source of random numbers: the system's generator, or a seeded one in a simulation.
public protocol RandomSource: Sendable {
    /// 64 random bits.
    func next() -> UInt64
}

extension RandomSource {
    /// A random fraction, at least 0 and less than 1.
    public func fraction() -> Double {
        Double(next() >> 11) * 0x1p-53
    }
}

/// The system's cryptographically secure generator. It reads many numbers at once, because each call enters the kernel.
public struct SystemRandom: RandomSource {
    private static let reserve = Mutex<[UInt64]>([])
    /// 256 bytes: the maximum of one system call.
    private static let reserveCount = 32

    /// The system's generator.
    public init() {}

    /// 64 bits from the system, returned to one caller only.
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

/// A generator that returns the same numbers for the same seed (SplitMix64, Steele, Lea and Flood, 2014). Its numbers
/// are predictable: use it in tests and simulations only.
public final class SeededRandom: RandomSource {
    private let state: Mutex<UInt64>

    /// A generator that starts from `seed`.
    public init(seed: UInt64) {
        state = Mutex(seed)
    }

    /// The next 64 bits of the seed's sequence.
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
