public import LonghaulCore

/// The error of a call to AWS, or of the search for its settings and credentials. No message has a secret.
public struct AWSError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of error it is.
    public enum Kind: Sendable, Hashable {
        /// A setting is missing or invalid, such as the region or a profile.
        case configuration
        /// No credentials were found, or they are invalid or expired.
        case credentials
        /// The credentials do not allow the action.
        case denied
        /// The object, the bucket or another resource does not exist.
        case missing
        /// The service limits the rate of requests.
        case throttled
        /// The service does not answer, or reports an internal error.
        case unavailable
        /// The service does not accept the request.
        case rejected
    }

    /// What kind of error it is.
    public let kind: Kind
    /// The error code of the service, such as `NoSuchKey`; nil if the service did not answer with one.
    public let code: String?
    /// The status of the response; nil without a response.
    public let status: Int?
    /// The region of the bucket, if the service names it because the request was for another one.
    public var region: String?
    /// The host of the endpoint, if there is no such host.
    public internal(set) var unknownHost: String?
    /// Whether the response has no error of the service, so another server may have sent it.
    public var isForeign = false
    /// The message: one sentence that names what is wrong, and with what.
    public let message: String

    /// An error.
    public init(_ kind: Kind, _ message: String, code: String? = nil, status: Int? = nil) {
        self.kind = kind
        self.code = code
        self.status = status
        self.message = message
    }

    /// The message.
    public var description: String { message }

    /// Whether the same request may succeed later.
    public var isTransient: Bool { kind == .throttled || kind == .unavailable }

    /// A sentence about the credentials in place of the error, if the service refused them; else the error itself.
    ///
    /// - Parameter service: the name of the service, such as `S3`.
    public func explainingCredentials(of service: String) -> AWSError {
        let sentence: String
        switch code {
        case "InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException":
            sentence = "\(service) does not know the AWS access key ID"
        case "SignatureDoesNotMatch":
            sentence = "the AWS secret access key does not belong to the access key ID"
        case "ExpiredToken", "ExpiredTokenException", "InvalidToken":
            sentence = "the session token of the AWS credentials is invalid or has expired"
        default: return self
        }
        return AWSError(kind, "\(sentence) (\(code ?? ""))", code: code, status: status)
    }

    /// The error for callers of Longhaul.
    public var asUnavailable: LonghaulError {
        LonghaulError(.unavailable, message, retryAfterSeconds: isTransient ? 1 : nil)
    }
}
