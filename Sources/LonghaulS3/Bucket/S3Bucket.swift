import FoundationEssentials
import LonghaulAWS
import LonghaulCore
import LonghaulHTTP

/// The requests to one bucket.
final class S3Bucket: Sendable {
    /// What is known about an object.
    struct Object: Sendable {
        var sizeBytes: Int64
        var tag: String
        /// The text that the writer of a multipart upload stored with it.
        var uploadMark: String?
    }

    static let markField = "x-amz-meta-longhaul-upload"

    let name: String
    private let client: AWSClient
    private let pathPrefix: String
    /// The header fields of new objects: encryption and storage class.
    private let newObjectFields: HTTPHeaders

    init(
        _ address: S3Address, region: String, endpoint: AWSEndpoint?, credentials: any AWSCredentialProvider,
        http: HTTPClient, time: any TimeSource, random: any RandomSource
    ) {
        name = address.bucket
        let host = endpoint ?? .standard("s3", region: region)
        // A name with dots matches no certificate of the host, and an address has no names below it.
        let isPath = address.style.map { $0 == .path } ?? (host.isAddress || name.contains("."))
        pathPrefix = isPath ? "/\(name)" : ""
        client = AWSClient(
            service: "s3", region: region, endpoint: isPath ? host : host.adding(label: name),
            credentials: credentials, http: http, time: time, random: random)
        var fields = HTTPHeaders()
        fields["x-amz-server-side-encryption"] = address.encryption
        fields["x-amz-server-side-encryption-aws-kms-key-id"] = address.encryptionKey
        fields["x-amz-storage-class"] = address.storageClass
        newObjectFields = fields
    }

    /// A request for an object.
    func request(_ action: String, _ method: String, key: String) -> AWSRequest {
        AWSRequest(
            action: "s3:" + action, resource: "the bucket \"\(name)\"", method: method,
            path: "\(pathPrefix)/\(key)")
    }

    /// A request for the bucket itself.
    func bucketRequest(_ action: String, _ method: String = "GET") -> AWSRequest {
        AWSRequest(
            action: "s3:" + action, resource: "the bucket \"\(name)\"", method: method,
            path: pathPrefix.isEmpty ? "/" : pathPrefix)
    }

    /// A request that creates an object.
    func creation(_ action: String, _ method: String, key: String) -> AWSRequest {
        var request = request(action, method, key: key)
        request.headers = newObjectFields
        return request
    }

    /// Sends a request.
    func send(
        _ request: AWSRequest, maxBytes: Int = 8 << 20,
        check: (HTTPClientResponse) -> AWSError? = { _ in nil }
    ) async throws(AWSError) -> HTTPClientResponse {
        try await client.send(request, maxBytes: maxBytes, check: check)
    }

    /// Sends a request and parses the XML of the response.
    func document(_ request: AWSRequest) async throws(AWSError) -> (
        root: XMLElement, response: HTTPClientResponse
    ) {
        let response = try await send(request)
        guard let root = XMLElement(parsing: response.body) else {
            var error = AWSError(
                .unavailable, "\(request.action) on \(request.resource) returned no XML document",
                status: response.status)
            error.isForeign = true
            throw error
        }
        return (root, response)
    }

    /// Stores a whole object. The service compares the body with its checksum.
    func put(_ key: String, _ body: [UInt8]) async throws(AWSError) {
        let digest = SHA256.digest(body)
        var request = creation("PutObject", "PUT", key: key)
        request.headers["x-amz-checksum-sha256"] = Data(digest).base64EncodedString()
        request.body = body
        request.payloadHash = SHA256.hexadecimal(digest)
        request.timeout = Self.bodyTimeout
        _ = try await send(request)
    }

    /// The timeout of a request with a large body. One that moves no bytes ends sooner.
    static let bodyTimeout = Duration.seconds(600)

    /// What is known about an object; nil if it does not exist.
    func head(_ key: String) async throws(AWSError) -> Object? {
        do throws(AWSError) {
            let response = try await send(request("GetObject", "HEAD", key: key))
            guard let size = response.headers["Content-Length"].flatMap({ Int64($0) }),
                let tag = response.headers["ETag"]
            else {
                throw AWSError(
                    .unavailable, "s3:GetObject on the bucket \"\(name)\" returned no length or ETag")
            }
            return Object(sizeBytes: size, tag: tag, uploadMark: response.headers[Self.markField])
        } catch {
            if error.kind == .missing && error.code != "NoSuchBucket" { return nil }
            throw error
        }
    }

    /// Reads a part of an object. Fails if the object has been replaced.
    func get(_ key: String, range: Range<Int64>, tag: String) async throws(AWSError) -> HTTPClientStream {
        var request = request("GetObject", "GET", key: key)
        request.headers["Range"] = "bytes=\(range.lowerBound)-\(range.upperBound - 1)"
        request.headers["If-Match"] = tag
        return try await client.stream(request)
    }

    /// A URL that allows anyone to read an object until it expires.
    ///
    /// - Parameters:
    ///   - contentType: the `Content-Type` of the response; nil for that of the object.
    ///   - disposition: the `Content-Disposition` of the response; nil for none.
    func readURL(
        _ key: String, contentType: String?, disposition: String?, expiresSeconds: Int
    ) async throws(AWSError) -> String {
        var request = request("GetObject", "GET", key: key)
        if let contentType { request.query.append(("response-content-type", contentType)) }
        if let disposition { request.query.append(("response-content-disposition", disposition)) }
        return try await client.presignedURL(of: request, expiresSeconds: expiresSeconds)
    }

    /// Removes an object, if it exists.
    func delete(_ key: String) async throws(AWSError) {
        do throws(AWSError) {
            _ = try await send(request("DeleteObject", "DELETE", key: key))
        } catch {
            guard error.kind == .missing && error.code != "NoSuchBucket" else { throw error }
        }
    }

    /// The server, with the bucket in its host unless the bucket is part of paths.
    var endpoint: AWSEndpoint { client.endpoint }

    /// The time of the service.
    var time: Timestamp { client.serviceTime }
}
