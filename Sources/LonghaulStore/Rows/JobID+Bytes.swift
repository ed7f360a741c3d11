package import LonghaulCore

extension JobID {
    /// The sixteen bytes, most significant first.
    package var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 16) { buffer, count in
            for index in 0..<8 {
                buffer[index] = UInt8(truncatingIfNeeded: high >> UInt64(56 - index * 8))
                buffer[index + 8] = UInt8(truncatingIfNeeded: low >> UInt64(56 - index * 8))
            }
            count = 16
        }
    }

    /// Reads sixteen bytes.
    package init(bytes: [UInt8]) {
        self.init(bytes: bytes[...])
    }

    /// Reads sixteen bytes.
    package init(bytes: ArraySlice<UInt8>) {
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

    /// The identifiers in a sequence of bytes.
    package static func list(_ bytes: [UInt8]) -> [JobID] {
        stride(from: 0, to: bytes.count, by: 16).map { JobID(bytes: bytes[$0..<$0 + 16]) }
    }
}
