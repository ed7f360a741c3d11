import FoundationEssentials
public import LonghaulCore

/// A secret that signs webhooks, in the form of the Standard Webhooks specification: `whsec_` and base64.
public struct WebhookSecret: Sendable, Hashable {
    private static let prefix = "whsec_"
    /// The number of bytes that the specification allows.
    private static let length = 24...64
    /// The message whose HMAC is the default secret of a store.
    private static let label = Array("longhaul webhook secret 1".utf8)
    private let key: [UInt8]

    /// A new random secret.
    public init(random: any RandomSource = SystemRandom()) {
        key = (0..<4).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } }
    }

    /// The default secret of a store, which all servers over the store derive.
    ///
    /// - Parameter storeSecret: the random bytes of the store, `APIKeyList.sessionSecret`. The webhook secret does not reveal
    ///   them.
    public init(ofStore storeSecret: [UInt8]) {
        key = HMACSHA256.code(of: Self.label, key: storeSecret)
    }

    /// Parses a secret.
    ///
    /// - Throws: ``WebhookSettingError``, which does not repeat the text.
    public init(_ text: String) throws(WebhookSettingError) {
        guard text.hasPrefix(Self.prefix),
            let data = Data(base64Encoded: String(text.dropFirst(Self.prefix.count))),
            Self.length.contains(data.count)
        else {
            throw WebhookSettingError(
                "a webhook secret must be whsec_ and the base64 text of \(Self.length.lowerBound) to "
                    + "\(Self.length.upperBound) bytes; longhaul webhooks new-secret prints one")
        }
        key = Array(data)
    }

    /// The text form, which receivers need.
    public var text: String { Self.prefix + Data(key).base64EncodedString() }

    /// The signature of a webhook: `v1,` and the base64 text of the HMAC-SHA256.
    func signature(id: String, timestamp: Int64, body: [UInt8]) -> String {
        let code = HMACSHA256.code(of: Array("\(id).\(timestamp).".utf8) + body, key: key)
        return "v1," + Data(code).base64EncodedString()
    }
}
