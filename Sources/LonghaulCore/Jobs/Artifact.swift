/// A file that a worker stored for a job: its metadata. The bytes are in the artifact store.
public struct Artifact: Sendable, Hashable {
    /// The file's name, unique within its job.
    public var name: String
    /// Its length in bytes.
    public var sizeBytes: Int64
    /// Its media type.
    public var contentType: String
    /// The SHA-256 of its bytes, in lower-case hexadecimal.
    public var sha256: String
    /// The fence of the lease that wrote it, which names its folder.
    public var fence: Int

    /// An artifact.
    public init(name: String, sizeBytes: Int64, contentType: String, sha256: String, fence: Int) {
        self.name = name
        self.sizeBytes = sizeBytes
        self.contentType = contentType
        self.sha256 = sha256
        self.fence = fence
    }
}
