import CCrypto

/// Computes the HMAC-SHA256 of messages (RFC 2104), with OpenSSL.
public enum HMACSHA256 {
    /// The 32 bytes of the code of a message.
    public static func code(of message: [UInt8], key: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            var length: UInt32 = 0
            let done = HMAC(
                EVP_sha256(), key, Int32(key.count), message, message.count, buffer.baseAddress, &length)
            guard done != nil, length == 32 else { fatalError("OpenSSL cannot compute an HMAC") }
            count = 32
        }
    }
}
