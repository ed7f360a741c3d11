import LonghaulCore
public import LonghaulHTTP
import LonghaulJSON

extension AWSError {
    /// The error codes by which services limit the rate of requests.
    private static let throttlingCodes: Set<String> = [
        "SlowDown", "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled",
        "RequestThrottledException", "RequestLimitExceeded", "BandwidthLimitExceeded",
        "LimitExceededException",
        "TooManyRequestsException", "PriorRequestNotComplete", "EC2ThrottledException",
        "ProvisionedThroughputExceededException", "TransactionInProgressException", "KmsThrottled",
        "OverLimit",
    ]
    /// The codes of transient errors: of the service, or of a body that was changed on the way.
    private static let transientCodes: Set<String> = [
        "InternalError", "InternalFailure", "ServiceUnavailable", "RequestTimeout", "RequestTimeoutException",
        "IncompleteBody", "BadDigest", "XAmzContentSHA256Mismatch", "OperationAborted",
        "IDPCommunicationError",
    ]
    private static let credentialCodes: Set<String> = [
        "ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidToken", "InvalidSecurity",
        "RequestTimeTooSkewed", "AuthFailure", "TokenRefreshRequired", "IncompleteSignature",
        "MissingAuthenticationToken",
    ]
    private static let missingCodes: Set<String> = [
        "NoSuchKey", "NoSuchBucket", "NoSuchUpload", "NotFound", "QueueDoesNotExist",
    ]
    /// The codes of refused rights. Services that speak JSON answer them with the status 400.
    private static let deniedCodes: Set<String> = ["AccessDenied", "AccessDeniedException"]

    /// The error that a response reports, in XML or in JSON.
    public init(_ response: HTTPClientResponse, to request: AWSRequest) {
        if response.headers["Content-Type"]?.contains("json") == true {
            self.init(json: response, to: request)
            return
        }
        let root = XMLElement(parsing: response.body)
        let error = root?.name == "Error" ? root : root?.first("Error")
        self.init(
            code: error?.text(of: "Code") ?? Self.code(of: response.status),
            message: error?.text(of: "Message"), status: response.status, to: request)
        region = response.headers["x-amz-bucket-region"] ?? error?.text(of: "Region")
        // A response to HEAD has no body.
        isForeign = error == nil && request.method != "HEAD"
    }

    private init(json response: HTTPClientResponse, to request: AWSRequest) {
        let root = try? JSONDocument(lenientlyParsing: response.body).root
        let object = root?.kind == .object ? root : nil
        // The code may have a name space before it, as in `com.amazonaws.sqs#QueueDoesNotExist`, and a URL after it.
        let type = (object?["__type"]?.string ?? response.headers["X-Amzn-ErrorType"])?
            .split(separator: "#").last?.split(separator: ":").first.map(String.init)
        let message = object?["message"]?.string ?? object?["Message"]?.string
        var code = type ?? Self.code(of: response.status)
        // The same code reports a wrong key and a wrong clock.
        if code == "InvalidSignatureException", let message {
            if message.hasPrefix("Signature expired") || message.hasPrefix("Signature not yet current") {
                code = "RequestTimeTooSkewed"
            } else if message.hasPrefix("The request signature") {
                code = "SignatureDoesNotMatch"
            }
        }
        self.init(code: code, message: message, status: response.status, to: request)
        isForeign = type == nil
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
            } else if Self.deniedCodes.contains(code) || status == 401 || status == 403 {
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
    init(_ error: HTTPClientError, to request: AWSRequest, at host: String) {
        let kind: Kind =
            error.code == .invalidURL || error.code == .invalidRequest ? .configuration : .unavailable
        self.init(kind, "\(request.action) on \(request.resource) failed: \(error.message)")
        if error.code == .cannotResolve { unknownHost = host }
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
