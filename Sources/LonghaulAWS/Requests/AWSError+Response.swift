import LonghaulCore
public import LonghaulHTTP

extension AWSError {
    /// The error codes by which services limit the rate of requests.
    private static let throttlingCodes: Set<String> = [
        "SlowDown", "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled",
        "RequestThrottledException", "RequestLimitExceeded", "BandwidthLimitExceeded",
        "LimitExceededException",
        "TooManyRequestsException", "PriorRequestNotComplete", "EC2ThrottledException",
        "ProvisionedThroughputExceededException", "TransactionInProgressException",
    ]
    /// The codes of errors that pass: of the service, or of a body that was changed on the way.
    private static let transientCodes: Set<String> = [
        "InternalError", "InternalFailure", "ServiceUnavailable", "RequestTimeout", "RequestTimeoutException",
        "IncompleteBody", "BadDigest", "XAmzContentSHA256Mismatch", "OperationAborted",
        "IDPCommunicationError",
    ]
    private static let credentialCodes: Set<String> = [
        "ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidToken", "InvalidSecurity",
        "RequestTimeTooSkewed", "AuthFailure", "TokenRefreshRequired",
    ]
    private static let missingCodes: Set<String> = ["NoSuchKey", "NoSuchBucket", "NoSuchUpload", "NotFound"]

    /// The error that a response reports.
    public init(_ response: HTTPClientResponse, to request: AWSRequest) {
        let root = XMLElement(parsing: response.body)
        let error = root?.name == "Error" ? root : root?.first("Error")
        self.init(
            code: error?.text(of: "Code") ?? Self.code(of: response.status),
            message: error?.text(of: "Message"), status: response.status, to: request)
        region = response.headers["x-amz-bucket-region"] ?? error?.text(of: "Region")
    }

    /// The error with a code of the service.
    public init(code: String, message: String?, status: Int, to request: AWSRequest) {
        let kind: Kind =
            if Self.throttlingCodes.contains(code) || status == 429 {
                .throttled
            } else if Self.transientCodes.contains(code) || status >= 500 {
                .unavailable
            } else if Self.credentialCodes.contains(code) {
                .credentials
            } else if Self.missingCodes.contains(code) {
                .missing
            } else if status == 401 || status == 403 {
                .denied
            } else {
                .rejected
            }
        let name = code.isIdentifier ? code : Self.code(of: status)
        var text = "\(request.action) on \(request.resource) \(Self.verb(of: kind)) (\(name)"
        // Services end their messages with a full stop.
        if let message, !message.isEmpty { text += ": " + message.shownOnOneLine }
        self.init(kind, text + ")", code: code, status: status)
    }

    private static func verb(of kind: Kind) -> String {
        switch kind {
        case .denied: "is not allowed for these AWS credentials"
        case .credentials: "is refused because of the AWS credentials"
        case .throttled: "is throttled"
        case .unavailable: "failed in the service"
        default: "is refused"
        }
    }

    /// The error of a request without a response.
    init(_ error: HTTPClientError, to request: AWSRequest) {
        let kind: Kind =
            error.code == .invalidURL || error.code == .invalidRequest ? .configuration : .unavailable
        self.init(kind, "\(request.action) on \(request.resource) failed: \(error.message)")
    }

    /// The code of a response without a body, such as that to HEAD.
    private static func code(of status: Int) -> String {
        switch status {
        case 301, 307, 308: "PermanentRedirect"
        case 401: "Unauthorized"
        case 403: "AccessDenied"
        case 404: "NotFound"
        case 412: "PreconditionFailed"
        case 503: "ServiceUnavailable"
        default: "HTTP \(status)"
        }
    }
}

extension String {
    /// Whether it has only letters, digits and the punctuation of error codes.
    fileprivate var isIdentifier: Bool {
        !isEmpty && utf8.count <= 100
            && unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || "0123456789._- ".unicodeScalars.contains($0))
            }
    }

    /// At most 300 characters without controls, and without a full stop at the end.
    fileprivate var shownOnOneLine: String {
        var text = String(
            String.UnicodeScalarView(unicodeScalars.prefix(300).map { $0.isInvisibleControl ? " " : $0 }))
        while text.last == "." || text.last == " " { text.removeLast() }
        return text
    }
}
