import LonghaulCore
import LonghaulJSON

/// One place where AWS SDKs look for credentials.
protocol CredentialSource: Sendable {
    /// The place, for the message that there are no credentials.
    var place: String { get }
    /// Reads the credentials. Nil if this place is not configured.
    ///
    /// - Throws: ``AWSError`` if the place is configured, but has no valid credentials.
    func read() async throws(AWSError) -> AWSCredentials?
}

/// Credentials in the JSON form that the container endpoint, the instance metadata and processes share.
enum CredentialDocument {
    /// Parses a document.
    ///
    /// - Parameters:
    ///   - token: the name of the field with the session token.
    ///   - source: where the document comes from, for the message.
    static func parse(_ bytes: [UInt8], token: String, source: String) throws(AWSError) -> AWSCredentials {
        guard let root = try? JSONDocument(lenientlyParsing: bytes).root, root.kind == .object else {
            throw AWSError(.credentials, "\(source) returned no JSON object with AWS credentials")
        }
        guard let id = root["AccessKeyId"]?.string, !id.isEmpty,
            let secret = root["SecretAccessKey"]?.string, !secret.isEmpty
        else {
            throw AWSError(.credentials, "\(source) returned no AccessKeyId and SecretAccessKey")
        }
        var expiresAt: Timestamp?
        if let text = root["Expiration"]?.string {
            guard let moment = Timestamp(rfc3339: text) else {
                throw AWSError(.credentials, "\(source) returned an Expiration that is no RFC 3339 time")
            }
            expiresAt = moment
        }
        return AWSCredentials(
            accessKeyID: id, secretAccessKey: secret, sessionToken: root[token]?.string, expiresAt: expiresAt)
    }
}

/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`.
struct EnvironmentSource: CredentialSource {
    let environment: AWSEnvironment

    var place: String { "the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" }

    func read() throws(AWSError) -> AWSCredentials? {
        guard let id = environment["AWS_ACCESS_KEY_ID"] else { return nil }
        guard let secret = environment["AWS_SECRET_ACCESS_KEY"] else {
            throw AWSError(.credentials, "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not")
        }
        return AWSCredentials(
            accessKeyID: id, secretAccessKey: secret,
            sessionToken: environment["AWS_SESSION_TOKEN"] ?? environment["AWS_SECURITY_TOKEN"])
    }
}
