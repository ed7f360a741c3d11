public import LonghaulCore

/// The keys that sign requests to AWS. Their description and their reflection show no secret.
public struct AWSCredentials: Sendable, Hashable {
    /// The public identifier of the key.
    public let accessKeyID: String
    /// The secret key.
    public let secretAccessKey: String
    /// The token of temporary credentials.
    public let sessionToken: String?
    /// The end of temporary credentials; nil if it is unknown, or if they do not expire.
    public let expiresAt: Timestamp?

    /// Credentials with these keys.
    public init(
        accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil, expiresAt: Timestamp? = nil
    ) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiresAt = expiresAt
    }
}

extension AWSCredentials: CustomStringConvertible, CustomReflectable {
    /// The public identifier of the key only.
    public var description: String { "AWS credentials \(accessKeyID.prefix(4))…" }

    /// No children, so that `dump` shows no secret.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Supplies credentials that are valid now.
public protocol AWSCredentialProvider: Sendable {
    /// Credentials for a request that is sent now.
    ///
    /// - Throws: ``AWSError`` `credentials` if there are none.
    func credentials() async throws(AWSError) -> AWSCredentials
    /// Called after the service has refused the credentials as expired or unknown. The next call of ``credentials()``
    /// reads them from their source again.
    func discard(_ credentials: AWSCredentials)
}

/// Credentials that never change.
public struct FixedCredentials: AWSCredentialProvider {
    private let value: AWSCredentials

    /// A provider of these credentials.
    public init(_ value: AWSCredentials) {
        self.value = value
    }

    /// The credentials.
    public func credentials() async throws(AWSError) -> AWSCredentials { value }

    /// Does nothing: there are no others.
    public func discard(_ credentials: AWSCredentials) {}
}
