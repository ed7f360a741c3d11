import CCrypto

/// Compares secrets.
public enum ConstantTime {
    /// Whether the bytes are equal. The time depends on their number alone, not on the position of the first difference.
    public static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }
}
