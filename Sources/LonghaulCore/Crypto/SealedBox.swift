import CCrypto

/// Seals bytes with AES-256-GCM, so that only a holder of the key can read them, and any change is detected.
public enum SealedBox {
    private static let nonceLength = 12
    private static let tagLength = 16

    /// A random key of 32 bytes.
    public static func newKey(random: any RandomSource = SystemRandom()) -> [UInt8] {
        (0..<4).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } }
    }

    /// Seals bytes: a random nonce, the encrypted bytes and the tag.
    ///
    /// - Parameter key: 32 bytes.
    public static func seal(
        _ bytes: [UInt8], key: [UInt8], random: any RandomSource = SystemRandom()
    ) -> [UInt8] {
        let numbers = [random.next(), random.next()]
        let nonce = Array(numbers.withUnsafeBytes { $0.prefix(nonceLength) })
        guard let context = Context(key: key, nonce: nonce, encrypting: true) else {
            fatalError("OpenSSL cannot encrypt")
        }
        guard let sealed = context.update(bytes), context.finish(), let tag = context.tag() else {
            fatalError("OpenSSL cannot encrypt")
        }
        return nonce + sealed + tag
    }

    /// Opens a box. Nil if it was sealed with another key or was changed.
    public static func open(_ box: [UInt8], key: [UInt8]) -> [UInt8]? {
        guard box.count >= nonceLength + tagLength else { return nil }
        let nonce = Array(box.prefix(nonceLength))
        let tag = Array(box.suffix(tagLength))
        guard let context = Context(key: key, nonce: nonce, encrypting: false),
            let bytes = context.update(Array(box[nonceLength..<(box.count - tagLength)])),
            context.setTag(tag), context.finish()
        else { return nil }
        return bytes
    }

    /// A cipher context of OpenSSL.
    private final class Context {
        private let handle: OpaquePointer

        init?(key: [UInt8], nonce: [UInt8], encrypting: Bool) {
            guard key.count == 32, let handle = EVP_CIPHER_CTX_new() else { return nil }
            self.handle = handle
            let code = EVP_CipherInit_ex(handle, EVP_aes_256_gcm(), nil, key, nonce, encrypting ? 1 : 0)
            guard code == 1 else { return nil }
        }

        deinit {
            EVP_CIPHER_CTX_free(handle)
        }

        func update(_ bytes: [UInt8]) -> [UInt8]? {
            var output = [UInt8](repeating: 0, count: bytes.count)
            var length: Int32 = 0
            guard EVP_CipherUpdate(handle, &output, &length, bytes, Int32(bytes.count)) == 1 else {
                return nil
            }
            return Array(output.prefix(Int(length)))
        }

        /// Ends the operation. GCM has no further bytes. After decryption, it fails unless the tag is right.
        func finish() -> Bool {
            var rest = [UInt8](repeating: 0, count: 16)
            var length: Int32 = 0
            return EVP_CipherFinal_ex(handle, &rest, &length) == 1
        }

        func tag() -> [UInt8]? {
            var tag = [UInt8](repeating: 0, count: tagLength)
            let code = EVP_CIPHER_CTX_ctrl(handle, EVP_CTRL_AEAD_GET_TAG, Int32(tagLength), &tag)
            return code == 1 ? tag : nil
        }

        func setTag(_ tag: [UInt8]) -> Bool {
            var tag = tag
            return EVP_CIPHER_CTX_ctrl(handle, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), &tag) == 1
        }
    }
}
