public import LonghaulCore
public import LonghaulHTTP

/// Checks the signature of a request that a service has received.
///
/// The head of the request suffices to find the key, and to refuse most requests. The signature also covers the body, so
/// ``check(body:secret:)`` comes later:
///
/// ```swift
/// let check = try AWSSignatureCheck(of: request, for: "states", at: now)
/// let secret = secrets[check.accessKeyID]
/// try check.check(body: body, secret: secret)
/// ```
public struct AWSSignatureCheck: Sendable {
    /// How far the clock of a client may differ from that of the server, in seconds.
    public static let maxSkewSeconds = 300.0

    /// The identifier of the key that signed the request.
    public var accessKeyID: String { authorization.accessKeyID }

    private let authorization: AWSAuthorization
    private let time: SigningTime
    private let request: AWSRequest
    private let host: String
    /// The field `X-Amz-Content-SHA256`, in which clients may state the hash of the body.
    private let statedHash: String?

    /// Reads the signature in the head of a request to the path `/`, and checks everything but the key.
    ///
    /// The signature must cover the host, the content type and every `X-Amz-` field of the request. A request with a query
    /// is refused: no part of the signature may be in the URL.
    ///
    /// - Throws: ``AWSSignatureFault``.
    public init(
        of received: HTTPRequest, for service: String, at now: Timestamp
    ) throws(AWSSignatureFault) {
        guard let field = received.headers["Authorization"] else { throw .missing }
        authorization = try AWSAuthorization(parsing: field)
        time = try Self.time(of: received.headers)
        try Self.check(authorization, service, time, now)
        for name in ["Authorization", "X-Amz-Date", "X-Amz-Target", "Host"]
        where received.headers.values(name).count > 1 {
            throw .incomplete("The request has the header '\(name)' more than once.")
        }
        guard received.query.items.isEmpty, received.segments.isEmpty else {
            throw .invalid("The request must be sent to the path / without a query string.")
        }
        host = received.headers["Host"] ?? ""
        statedHash = received.headers["X-Amz-Content-SHA256"]
        request = try Self.signedPart(of: received, authorization)
    }

    /// Checks the signature.
    ///
    /// - Parameter secret: the secret key with the identifier ``accessKeyID``.
    /// - Throws: ``AWSSignatureFault``. The time does not depend on the position of the first difference.
    public func check(body: [UInt8], secret: String) throws(AWSSignatureFault) {
        let hash = SHA256.hexadecimal(SHA256.digest(body))
        if let statedHash, statedHash != hash {
            throw .invalid(
                "X-Amz-Content-SHA256 must be the SHA-256 of the body. Unsigned and chunked payloads are not supported."
            )
        }
        let signer = AWSSigner(service: authorization.service, region: authorization.region)
        let signed = signer.sign(request, request.headers, host: host, hash, secret, time)
        let isNamed = signed.headers == authorization.signedHeaders
        let isEqual = ConstantTime.equal(Array(signed.signature.utf8), Array(authorization.signature.utf8))
        guard isNamed, isEqual else { throw .mismatch }
    }

    private static func time(of headers: HTTPHeaders) throws(AWSSignatureFault) -> SigningTime {
        guard let text = headers["X-Amz-Date"] else {
            throw .incomplete("Authorization header requires existence of a 'X-Amz-Date' header.")
        }
        guard let time = SigningTime(parsing: text) else {
            throw .incomplete("Date must be in ISO-8601 'basic format'. Got '\(text.prefix(40))'.")
        }
        return time
    }

    /// Checks the service and the time.
    private static func check(
        _ authorization: AWSAuthorization, _ service: String, _ time: SigningTime, _ now: Timestamp
    ) throws(AWSSignatureFault) {
        guard authorization.service == service else {
            throw .invalid("Credential should be scoped to correct service: '\(service)'.")
        }
        guard authorization.day == time.day else {
            throw .invalid(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
                    + "'\(authorization.day.prefix(40))' != '\(time.day)', from '\(time.text)'.")
        }
        let age = time.timestamp.map { now.seconds(since: $0) } ?? .infinity
        let shown = SigningTime(now).text
        let minutes = Int(maxSkewSeconds) / 60
        if age > maxSkewSeconds {
            let limit = SigningTime(now.adding(seconds: -maxSkewSeconds)).text
            throw .invalid(
                "Signature expired: \(time.text) is now earlier than \(limit) (\(shown) - \(minutes) min.)")
        }
        if age < -maxSkewSeconds {
            let limit = SigningTime(now.adding(seconds: maxSkewSeconds)).text
            throw .invalid(
                "Signature not yet current: \(time.text) is still later than \(limit) (\(shown) + \(minutes) min.)"
            )
        }
    }

    /// The request with its signed fields only.
    private static func signedPart(
        of received: HTTPRequest, _ authorization: AWSAuthorization
    ) throws(AWSSignatureFault) -> AWSRequest {
        let signed = Set(authorization.signedHeaders.split(separator: ";").map(String.init))
        guard signed.contains("host") else {
            throw .invalid("'Host' must be a 'SignedHeader' in the AWS Authorization.")
        }
        var request = AWSRequest(action: "", resource: "", method: received.method)
        for field in received.headers.fields {
            let name = field.name.lowercased()
            if signed.contains(name) {
                if name != "host" { request.headers.add(field.name, field.value) }
            } else if name.hasPrefix("x-amz-") || name == "content-type" {
                throw .invalid(
                    "'\(field.name.prefix(80))' must be a 'SignedHeader' in the AWS Authorization.")
            }
        }
        return request
    }
}
