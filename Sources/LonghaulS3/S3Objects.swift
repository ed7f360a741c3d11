import LonghaulAWS
public import LonghaulCore
import LonghaulHTTP
import Synchronization

/// The objects of buckets, beside those of an artifact store. The region, the endpoint and the credentials are those of the environment.
///
/// All functions throw ``LonghaulCore/LonghaulError``: `not_found`, `unavailable`, or `invalid_request` for the name of a bucket.
public final class S3Objects: Sendable {
    /// An object of a list.
    public struct Item: Sendable, Hashable {
        /// The key.
        public let key: String
        /// The entity tag, in quotes.
        public let tag: String
        /// The size in bytes.
        public let sizeBytes: Int64
        /// When it was changed last.
        public let modifiedAt: Timestamp
    }

    /// What all buckets share, once the environment was read.
    private struct Access: Sendable {
        let region: String
        let endpoint: AWSEndpoint?
        let credentials: any AWSCredentialProvider
        let http: HTTPClient
    }

    private let environment: AWSEnvironment
    private let defaultRegion: String
    private let time: any TimeSource
    private let access = Mutex<Access?>(nil)

    /// Buckets. The environment is read at the first call.
    ///
    /// - Parameter region: the region, if the environment names none.
    public convenience init(region: String, time: any TimeSource = SystemTime()) {
        self.init(region: region, environment: .process, time: time)
    }

    init(region: String, environment: AWSEnvironment, time: any TimeSource) {
        defaultRegion = region
        self.environment = environment
        self.time = time
    }

    /// An object. Its bytes are read when the caller asks for them.
    public func content(bucket name: String, key: String) async throws -> any ArtifactContent {
        let bucket = try await bucket(name)
        return try await S3Objects.translating {
            guard let object = try await bucket.head(key) else {
                throw LonghaulError(.notFound, "there is no object \(key) in the bucket \(name)")
            }
            return S3Content(
                bucket: bucket, key: key, name: key, object: object, time: time, urlSeconds: nil)
        }
    }

    /// A page of the objects whose keys begin with a prefix, in the order of their keys; empty at the end.
    public func list(bucket name: String, prefix: String, after key: String?) async throws -> [Item] {
        let bucket = try await bucket(name)
        var request = bucket.bucketRequest("ListBucket")
        request.query = [("list-type", "2"), ("prefix", prefix), ("max-keys", "\(S3Bucket.pageSize)")]
        if let key { request.query.append(("start-after", key)) }
        return try await S3Objects.translating { [request] in
            let root = try await bucket.document(request).root
            return root.all("Contents").compactMap { entry in
                guard let key = entry.text(of: "Key") else { return nil }
                return Item(
                    key: key, tag: entry.text(of: "ETag") ?? "",
                    sizeBytes: entry.text(of: "Size").flatMap { Int64($0) } ?? 0,
                    modifiedAt: entry.text(of: "LastModified").flatMap { Timestamp(rfc3339: $0) }
                        ?? .distantPast)
            }
        }
    }

    /// Writes an object.
    public func put(bucket name: String, key: String, _ bytes: [UInt8]) async throws {
        let bucket = try await bucket(name)
        try await S3Objects.translating { try await bucket.put(key, bytes) }
    }

    /// Ends all requests.
    public func close() async {
        await access.withLock { $0 }?.http.shutdown()
    }

    private func bucket(_ name: String) async throws -> S3Bucket {
        let address = try S3Address("s3://\(name)")
        let access = try await S3Objects.translating { try await openAccess() }
        return S3Bucket(
            address, region: access.region, endpoint: access.endpoint, credentials: access.credentials,
            http: access.http, time: time, random: SystemRandom())
    }

    private func openAccess() async throws -> Access {
        if let access = access.withLock({ $0 }) { return access }
        let settings = try await AWSSettings(environment: environment, profile: nil)
        let http = HTTPClient(
            configuration: HTTPClientConfiguration(maxConnectionsPerHost: 64, trust: settings.trust))
        let new = Access(
            region: settings.region ?? defaultRegion, endpoint: try settings.endpoint(of: "s3"),
            credentials: settings.credentials(http: http, time: time), http: http)
        return access.withLock { access in
            access = access ?? new
            return access ?? new
        }
    }

    private static func translating<Value>(_ call: () async throws -> Value) async throws -> Value {
        do {
            return try await call()
        } catch let error as AWSError {
            throw error.kind == .missing ? LonghaulError(.notFound, error.description) : error.asUnavailable
        }
    }
}
