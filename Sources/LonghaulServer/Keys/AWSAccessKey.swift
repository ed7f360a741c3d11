import Foundation
import LonghaulCore

/// The AWS access key ID of an API key.
///
/// A client of AWS signs its requests with a secret, and never sends the secret. The secret is the text of the API key, of
/// which the store has only a digest, and from a digest no signature can be computed. The access key ID therefore holds
/// the API key, sealed with a secret of the store. So every server over the store can check signatures, also after a
/// restart, and for the keys of a file. Neither a reader of the store nor a reader of requests or logs can sign: the one has
/// no access key ID to open, the other cannot open it.
enum AWSAccessKey {
    private static let prefix = "LH"
    private static let purpose = "AWS access key IDs"
    private static let maxLength = 200

    /// A new access key ID of an API key. All of them stay valid as long as the key.
    ///
    /// - Parameter secret: the secret of the store that seals sessions.
    static func id(of key: APIKeyText, secret: [UInt8]) -> String {
        let box = SealedBox.seal(Array(key.withoutChecksum.utf8), key: sealingKey(secret))
        let text = Data(box).base64EncodedString().filter { $0 != "=" }
        return prefix + text.replacing("+", with: "-").replacing("/", with: "_")
    }

    /// The API key of an access key ID; nil if it was not made with this secret.
    static func key(of id: String, secret: [UInt8]) -> APIKeyText? {
        guard id.utf8.count <= maxLength, id.hasPrefix(prefix) else { return nil }
        var text = id.dropFirst(prefix.count).replacing("-", with: "+").replacing("_", with: "/")
        text += String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        guard let box = Data(base64Encoded: String(text)),
            let content = SealedBox.open(Array(box), key: sealingKey(secret))
        else { return nil }
        return APIKeyText(withoutChecksum: String(decoding: content, as: UTF8.self))
    }

    /// A key of its own, so that no session is an access key ID.
    private static func sealingKey(_ secret: [UInt8]) -> [UInt8] {
        HMACSHA256.code(of: Array(purpose.utf8), key: secret)
    }
}
