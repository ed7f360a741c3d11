/// An object in a listing.
public struct MapObject: Sendable, Hashable {
    /// The key.
    public var key: String
    /// The entity tag, in quotes.
    public var etag: String
    /// The size in bytes.
    public var size: Int64
    /// The time of the last change, in seconds since 1970.
    public var modifiedAt: Int64

    /// An object.
    public init(key: String, etag: String, size: Int64, modifiedAt: Int64) {
        self.key = key
        self.etag = etag
        self.size = size
        self.modifiedAt = modifiedAt
    }
}

/// Why an object cannot be read or written.
public struct MapObjectError: Error, Sendable, Hashable {
    /// What is wrong.
    public var message: String
    /// Whether a later attempt may succeed.
    public var isTransient: Bool

    /// An error.
    public init(_ message: String, isTransient: Bool = false) {
        self.message = message
        self.isTransient = isTransient
    }
}

/// The content of an object, in pieces.
public protocol MapObjectContent: Sendable {
    /// The next bytes; nil at the end.
    ///
    /// - Throws: ``MapObjectError``; `CancellationError` if the task is cancelled.
    func next() async throws -> [UInt8]?
}

/// Reads and writes the objects of maps: artifacts of jobs, and objects of buckets.
///
/// All functions throw ``MapObjectError``, and `CancellationError` if the task is cancelled.
public protocol MapObjects: Sendable {
    /// Opens an object.
    func open(bucket: String, key: String) async throws -> any MapObjectContent
    /// Opens an artifact of a completed job.
    func openArtifact(_ name: String, of job: String) async throws -> any MapObjectContent
    /// A page of the objects whose keys begin with a prefix, in the order of their keys; empty at the end.
    func list(bucket: String, prefix: String, after key: String?) async throws -> [MapObject]
    /// Writes an object.
    func write(bucket: String, key: String, _ bytes: [UInt8], contentType: String) async throws
}
