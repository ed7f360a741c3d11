public import LonghaulCore
public import LonghaulHTTP

/// Signs requests with AWS signature version 4, in the header fields or in the URL.
public struct AWSSigner: Sendable {
    /// The payload hash of a URL that anyone may use, with any body.
    private static let unsignedPayload = "UNSIGNED-PAYLOAD"
    static let algorithm = "AWS4-HMAC-SHA256"

    private let service: String
    private let region: String

    /// A signer for a service, such as `s3`, in a region.
    public init(service: String, region: String) {
        self.service = service
        self.region = region
    }

    /// The header fields of a signed request: those of the request and those of the signature.
    ///
    /// The caller sends the request to the URL ``url(of:at:)``.
    public func headers(
        of request: AWSRequest, at endpoint: AWSEndpoint, credentials: AWSCredentials, time: Timestamp
    ) -> HTTPHeaders {
        var headers = request.headers
        let moment = SigningTime(time)
        let hash = request.payloadHash ?? SHA256.hexadecimal(SHA256.digest(request.body))
        headers["X-Amz-Date"] = moment.text
        headers["X-Amz-Security-Token"] = credentials.sessionToken
        if isS3 { headers["X-Amz-Content-SHA256"] = hash }
        let signed = sign(
            request, headers, host: endpoint.authority, hash, credentials.secretAccessKey, moment)
        headers["Authorization"] =
            "\(Self.algorithm) Credential=\(credentials.accessKeyID)/\(scope(moment)), "
            + "SignedHeaders=\(signed.headers), Signature=\(signed.signature)"
        return headers
    }

    /// The URL of a request.
    public func url(of request: AWSRequest, at endpoint: AWSEndpoint) -> String {
        let query = AWSEncoding.canonicalQuery(request.query)
        return endpoint.description + AWSEncoding.path(request.path) + (query.isEmpty ? "" : "?" + query)
    }

    /// A URL that allows anyone to send the request until it expires. The request has no other header fields and any
    /// body.
    public func presignedURL(
        of request: AWSRequest, at endpoint: AWSEndpoint, credentials: AWSCredentials, time: Timestamp,
        expiresSeconds: Int
    ) -> String {
        let moment = SigningTime(time)
        var query = request.query
        query.append(("X-Amz-Algorithm", Self.algorithm))
        query.append(("X-Amz-Credential", "\(credentials.accessKeyID)/\(scope(moment))"))
        query.append(("X-Amz-Date", moment.text))
        query.append(("X-Amz-Expires", "\(expiresSeconds)"))
        query.append(("X-Amz-SignedHeaders", "host"))
        if let token = credentials.sessionToken { query.append(("X-Amz-Security-Token", token)) }
        let hash = isS3 ? Self.unsignedPayload : SHA256.hexadecimal(SHA256.digest(request.body))
        let signature = signature(
            of: canonical(request, query: query, [("host", endpoint.authority)], "host", hash),
            credentials.secretAccessKey, moment)
        return endpoint.description + AWSEncoding.path(request.path) + "?" + AWSEncoding.query(query)
            + "&X-Amz-Signature=" + signature
    }

    /// Signs a request with these header fields. Returns the names of the signed fields and the signature.
    func sign(
        _ request: AWSRequest, _ headers: HTTPHeaders, host: String, _ hash: String, _ secret: String,
        _ time: SigningTime
    ) -> (headers: String, signature: String) {
        let fields = canonicalFields(headers, host: host)
        let names = fields.map(\.name).joined(separator: ";")
        let text = canonical(request, query: request.query, fields, names, hash)
        return (names, signature(of: text, secret, time))
    }

    private var isS3: Bool { service == "s3" }

    private func scope(_ time: SigningTime) -> String { "\(time.day)/\(region)/\(service)/aws4_request" }

    /// The canonical request, whose hash is signed.
    private func canonical(
        _ request: AWSRequest, query: [AWSRequest.QueryItem], _ fields: [(name: String, value: String)],
        _ signed: String, _ hash: String
    ) -> String {
        // Services other than S3 encode the path twice.
        let path = AWSEncoding.path(request.path)
        return [
            request.method, isS3 ? path : AWSEncoding.path(path), AWSEncoding.canonicalQuery(query),
            fields.map { "\($0.name):\($0.value)\n" }.joined(), signed, hash,
        ].joined(separator: "\n")
    }

    /// The fields in lower case and in order, with single spaces.
    private func canonicalFields(_ headers: HTTPHeaders, host: String) -> [(name: String, value: String)] {
        var fields = ["host": host]
        for field in headers.fields {
            let words = field.value.split(whereSeparator: { $0 == " " || $0 == "\t" }).joined(separator: " ")
            let name = field.name.lowercased()
            fields[name] = fields[name].map { $0 + "," + words } ?? words
        }
        return fields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private func signature(of canonical: String, _ secret: String, _ time: SigningTime) -> String {
        let text = [
            Self.algorithm, time.text, scope(time), SHA256.hexadecimal(SHA256.digest(Array(canonical.utf8))),
        ].joined(separator: "\n")
        var key = Array("AWS4\(secret)".utf8)
        for part in [time.day, region, service, "aws4_request", text] {
            key = HMACSHA256.code(of: Array(part.utf8), key: key)
        }
        return SHA256.hexadecimal(key)
    }
}

/// A time in the notation of signatures: `20261124T091500Z`.
struct SigningTime {
    let text: String

    init(_ time: Timestamp) {
        let digits = time.description.prefix { $0 != "." }.filter { $0 != "-" && $0 != ":" }
        text = digits + "Z"
    }

    /// Reads the value of a field `X-Amz-Date`. Nil for any other notation.
    init?(parsing text: String) {
        let digits = Array(text)
        guard digits.count == 16, let time = Self.timestamp(of: digits), SigningTime(time).text == text else {
            return nil
        }
        self.text = text
    }

    var day: String { String(text.prefix(8)) }

    /// The point in time.
    var timestamp: Timestamp? { Self.timestamp(of: Array(text)) }

    private static func timestamp(of digits: [Character]) -> Timestamp? {
        let groups = [0..<4, 4..<6, 6..<8, 9..<11, 11..<13, 13..<15].map { String(digits[$0]) }
        let date = groups[..<3].joined(separator: "-")
        return Timestamp(rfc3339: date + "T" + groups[3...].joined(separator: ":") + "Z")
    }
}
