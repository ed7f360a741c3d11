/// A file that a job's worker left: the facts that the store keeps. The bytes are in the artifact store.
public struct Artifact: Sendable, Hashable {
    /// The file's name, unique within its job.
    public var name: String
    /// Its length in bytes.
    public var sizeBytes: Int64
    /// Its media type.
    public var contentType: String
    /// The SHA-256 of its bytes, in lower-case hexadecimal.
    public var sha256: String
    /// The fence of the lease that wrote it: which folder of the job it lies in.
    public var fence: Int

    /// An artifact of these facts.
    public init(name: String, sizeBytes: Int64, contentType: String, sha256: String, fence: Int) {
        self.name = name
        self.sizeBytes = sizeBytes
        self.contentType = contentType
        self.sha256 = sha256
        self.fence = fence
    }
}
