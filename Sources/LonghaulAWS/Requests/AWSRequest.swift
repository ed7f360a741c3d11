public import LonghaulHTTP

/// A request to a service of AWS, before it is signed.
public struct AWSRequest: Sendable {
    /// A parameter of the URL, not encoded.
    public typealias QueryItem = (name: String, value: String)

    /// What the request does, as the name of the IAM action, such as `s3:PutObject`. For messages.
    public var action: String
    /// What the request uses, such as `the bucket "files"`. For messages.
    public var resource: String
    /// The method.
    public var method: String
    /// The path, not encoded.
    public var path: String
    /// The parameters.
    public var query: [QueryItem] = []
    /// The header fields. All of them are signed.
    public var headers: HTTPHeaders = [:]
    /// The body.
    public var body: [UInt8] = []
    /// The SHA-256 of the body in hexadecimal; nil to compute it.
    public var payloadHash: String?
    /// The timeout of one attempt.
    public var timeout: Duration = .seconds(60)
    /// The maximum time of an attempt in which no byte is transferred.
    public var stallTimeout: Duration = .seconds(20)
    /// The maximum number of attempts.
    public var maxAttempts = 5
    /// Whether the request may be sent again after the service may have executed it.
    public var isIdempotent = true

    /// A request without parameters and body.
    public init(action: String, resource: String, method: String = "GET", path: String = "/") {
        self.action = action
        self.resource = resource
        self.method = method
        self.path = path
    }
}
