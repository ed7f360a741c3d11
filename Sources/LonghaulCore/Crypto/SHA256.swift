import CCrypto

/// Computes the SHA-256 of a sequence of bytes, with OpenSSL.
///
/// Not thread-safe. Call ``finish()`` once.
public final class SHA256 {
    private let context: OpaquePointer

    /// A digest without input.
    public init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            fatalError("OpenSSL cannot make a SHA-256 context")
        }
        self.context = context
    }

    deinit {
        EVP_MD_CTX_free(context)
    }

    /// Adds bytes.
    public func update(_ bytes: UnsafeRawBufferPointer) {
        guard EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1 else {
            fatalError("OpenSSL cannot continue a SHA-256")
        }
    }

    /// Adds bytes.
    public func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes(update)
    }

    /// The 32 bytes of the digest.
    public func finish() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            guard EVP_DigestFinal_ex(context, buffer.baseAddress, nil) == 1 else {
                fatalError("OpenSSL cannot finish a SHA-256")
            }
            count = 32
        }
    }

    /// The digest of these bytes.
    public static func digest(_ bytes: [UInt8]) -> [UInt8] {
        let hash = SHA256()
        hash.update(bytes)
        return hash.finish()
    }

    /// Bytes in lower-case hexadecimal.
    public static func hexadecimal(_ bytes: [UInt8]) -> String {
        String(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
            for (index, byte) in bytes.enumerated() {
                buffer[index * 2] = JobID.digit(byte >> 4)
                buffer[index * 2 + 1] = JobID.digit(byte & 15)
            }
            return bytes.count * 2
        }
    }
}
