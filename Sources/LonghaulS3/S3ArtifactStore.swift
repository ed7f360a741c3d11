public import LonghaulAWS
import LonghaulConcurrency
public import LonghaulCore
import LonghaulHTTP

/// Artifacts as objects in a bucket of S3, or of a server with the same protocol.
///
/// An object appears when it is complete, and replaces an older one at once. The service compares each body with its
/// SHA-256. Callers read a file through a presigned URL, or through the server.
public final class S3ArtifactStore: ArtifactInventory {
    /// Settings that no URL has.
    struct Options: Sendable {
        /// The size of a part of a multipart upload, if the file may fit into ``ObjectUpload/maxParts`` of them.
        var partBytes = 8 << 20
        /// The maximum size of a part, for the largest files.
        var maxPartBytes = 64 << 20
        /// The maximum number of uploads at the same time.
        var uploads = 16
        /// An unfinished upload of an attempt that has files on record is removed after this time.
        var staleUploadSeconds: Double = 7 * 86_400
        var time: any TimeSource = SystemTime()
        var random: any RandomSource = SystemRandom()
    }

    let bucket: S3Bucket
    let keys: S3Keys
    let address: S3Address
    let options: Options
    let running = RunningUploads()
    private let slots: UploadSlots
    private let http: HTTPClient

    /// Opens a store: finds the region and the credentials, lists the bucket, and writes and removes a small object.
    ///
    /// - Parameters:
    ///   - environment: where the region, the credentials and further settings of AWS are found.
    ///   - isReadOnly: whether files are only read. Then no object is written.
    /// - Throws: ``LonghaulError`` with one sentence that names what is wrong: the bucket, the region, the credentials
    ///   or the right that they lack.
    public static func open(
        _ address: S3Address, environment: AWSEnvironment = .process, isReadOnly: Bool = false
    ) async throws(LonghaulError) -> S3ArtifactStore {
        try await open(address, environment: environment, isReadOnly: isReadOnly, options: Options())
    }

    static func open(
        _ address: S3Address, environment: AWSEnvironment, isReadOnly: Bool = false, options: Options
    ) async throws(LonghaulError) -> S3ArtifactStore {
        do throws(AWSError) {
            let settings = try await AWSSettings(environment: environment, profile: address.profile)
            let endpoint =
                if let text = address.endpoint { try AWSEndpoint(text) } else {
                    try settings.endpoint(of: "s3")
                }
            guard let region = address.region ?? settings.region ?? (endpoint == nil ? nil : "us-east-1")
            else {
                throw AWSError(
                    .configuration,
                    "there is no region: add ?region=NAME to the URL, or set AWS_REGION or the region of the profile"
                )
            }
            let http = HTTPClient(
                configuration: HTTPClientConfiguration(maxConnectionsPerHost: 64, trust: settings.trust))
            let store = S3ArtifactStore(
                address, region: region, endpoint: endpoint,
                credentials: settings.credentials(http: http, time: options.time), http: http,
                options: options)
            try await store.proveAccess(region: region, isReadOnly: isReadOnly)
            return store
        } catch {
            throw error.asUnavailable
        }
    }

    private init(
        _ address: S3Address, region: String, endpoint: AWSEndpoint?, credentials: any AWSCredentialProvider,
        http: HTTPClient, options: Options
    ) {
        self.address = address
        self.options = options
        self.http = http
        keys = S3Keys(prefix: address.prefix)
        slots = UploadSlots(options.uploads)
        bucket = S3Bucket(
            address, region: region, endpoint: endpoint, credentials: credentials, http: http,
            time: options.time,
            random: options.random)
    }

    /// Ends all requests. The store cannot be used afterwards.
    public func close() async {
        await http.shutdown()
    }

    /// Writes a file, durably.
    public func put(
        _ folder: ArtifactFolder, name: String, maxBytes: Int64, next: () async throws -> [UInt8]?
    ) async throws -> StoredFile {
        if let fault = ArtifactName.fault(in: name) { throw LonghaulError(.invalidRequest, fault) }
        let partBytes = partBytes(for: maxBytes)
        let maxBytes = min(maxBytes, Int64(partBytes) * Int64(ObjectUpload.maxParts))
        let upload = ObjectUpload(
            bucket, key: keys.key(folder, name: name), partBytes: partBytes, mark: uniqueText(),
            running: running)
        return try await converting {
            try await slots.run { try await upload.store(maxBytes: maxBytes, next: next) }
        }
    }

    /// The size of the parts of a file of at most this size: the usual one, or a larger one so that the parts suffice.
    private func partBytes(for maxBytes: Int64) -> Int {
        let needed = (maxBytes - 1) / Int64(ObjectUpload.maxParts) + 1
        return Int(
            min(max(needed, Int64(options.partBytes)), Int64(max(options.maxPartBytes, options.partBytes))))
    }

    func uniqueText() -> String {
        String(options.random.next(), radix: 16) + String(options.random.next(), radix: 16)
    }

    /// The location of a file.
    public func locate(_ folder: ArtifactFolder, name: String) async throws -> ArtifactLocation {
        let missing = LonghaulError(.notFound, "the artifact's file does not exist")
        guard ArtifactName.fault(in: name) == nil else { throw missing }
        let key = keys.key(folder, name: name)
        return try await converting {
            guard let object = try await bucket.head(key) else { throw missing }
            return .content(
                S3Content(
                    bucket: bucket, key: key, name: name, object: object, time: options.time,
                    urlSeconds: address.downloads == .redirect ? address.urlSeconds : nil))
        }
    }

    /// Removes one file, if it exists.
    public func remove(_ folder: ArtifactFolder, name: String) async throws {
        guard ArtifactName.fault(in: name) == nil else { return }
        try await converting { try await bucket.delete(keys.key(folder, name: name)) }
    }

    /// Removes a folder with all its files, if it exists.
    public func remove(_ folder: ArtifactFolder) async throws {
        try await converting { try await bucket.deleteAll(keys.folder(folder)) }
    }

    /// Removes all folders of a job.
    public func removeAll(of job: JobID) async throws {
        try await converting { try await bucket.deleteAll(keys.folder(of: job)) }
    }

    /// Runs a body, and converts its ``AWSError``.
    func converting<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch {
            throw Self.forCallers(error)
        }
    }

    private static func forCallers(_ error: any Error) -> any Error {
        if Task.isCancelled { return CancellationError() }
        return (error as? AWSError)?.asUnavailable ?? error
    }
}
