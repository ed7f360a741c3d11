public import LonghaulCore
import LonghaulHTTP
import LonghaulJSON

extension LonghaulClient {
    private static func path(_ id: String) -> String { "/v1/keys/" + PathSegment.encode(id) }

    /// All API keys, by name.
    public func keys() async throws -> [ShownAPIKey] { try await all("/v1/keys") }

    /// Creates an API key. The answer has the key itself, which the server never shows again.
    public func createKey(_ key: NewAPIKey) async throws -> ShownAPIKey {
        try ShownAPIKey.decode(answer: try await send("POST", "/v1/keys", json: key).body)
    }

    /// Revokes an API key.
    public func revokeKey(_ id: String) async throws { _ = try await send("DELETE", Self.path(id)) }

    /// Replaces an API key by a new one. The answer has the new key, which the server never shows again.
    public func rotateKey(_ id: String, _ rotation: KeyRotation = KeyRotation()) async throws -> ShownAPIKey {
        try ShownAPIKey.decode(answer: try await send("POST", Self.path(id) + "/rotate", json: rotation).body)
    }

    /// The AWS access key ID of the API key of this client. The secret access key is the API key itself. With both, AWS SDKs
    /// sign requests to the Step Functions API of the server.
    ///
    /// - Throws: ``LonghaulError`` `conflict` if the server has no API keys.
    public func awsAccessKeyID() async throws -> String {
        let session = try Session.decode(answer: try await send("GET", "/v1/session").body)
        guard let id = session.awsAccessKeyID else {
            throw LonghaulError(
                .conflict,
                "the server has no API keys, so it accepts any AWS credentials on loopback addresses")
        }
        return id
    }

    private struct Session: JSONReadable {
        var awsAccessKeyID: String?

        static func read(_ reader: inout JSONObjectReader) -> Session {
            Session(awsAccessKeyID: reader.string("aws_access_key_id"))
        }
    }
}
