/// The port to the storage of artifact files.
///
/// Each attempt writes into its own folder, so a worker whose lease has ended cannot change the files of the next
/// attempt.
public protocol ArtifactStore: Sendable {
    /// Writes a file durably: when the call returns, the file is complete and survives a crash. Replaces a file of the
    /// same name in the same folder atomically. If the call throws, the old file is unchanged.
    ///
    /// - Parameter next: returns the next bytes, or nil at the end. Its errors are rethrown.
    /// - Throws: ``LonghaulError`` with `invalid_request` for an invalid ``ArtifactName``, `payload_too_large` beyond
    ///   `maxBytes`, and `unavailable` if the file cannot be written.
    func put(
        _ folder: ArtifactFolder, name: String, maxBytes: Int64, next: () async throws -> [UInt8]?
    ) async throws -> StoredFile

    /// The location of a file.
    ///
    /// - Throws: ``LonghaulError`` with `not_found` if the file does not exist.
    func locate(_ folder: ArtifactFolder, name: String) async throws -> ArtifactLocation

    /// Removes one file, if it exists.
    func remove(_ folder: ArtifactFolder, name: String) async throws

    /// Removes a folder with all its files, if it exists.
    func remove(_ folder: ArtifactFolder) async throws

    /// Removes all folders of a job.
    func removeAll(of job: JobID) async throws

    /// Passes all folders to `owners` in batches. Removes the folders that `owners` does not return, and in other folders
    /// the files that their owner does not have. Also removes partly written files that a crash left behind. Returns the number of
    /// removed folders.
    func sweep(
        _ owners: ([ArtifactFolder]) async throws -> [ArtifactFolder: ArtifactOwner]
    ) async throws -> Int

    /// Throws unless files can be written.
    func checkReady() async throws
}

/// An artifact store that can list its files, for commands that check or copy a whole store.
public protocol ArtifactInventory: ArtifactStore {
    /// Passes the folders of all attempts to `visit` in batches, with the names and lengths of their files. A folder may
    /// be passed several times, each time with other files.
    func inspect(_ visit: ([(folder: ArtifactFolder, files: [String: Int64])]) async throws -> Void)
        async throws
}

/// The folder of one attempt's files.
public struct ArtifactFolder: Sendable, Hashable {
    /// The job.
    public var jobID: JobID
    /// The fence of the attempt's lease.
    public var fence: Int

    /// The folder of the lease with this fence.
    public init(jobID: JobID, fence: Int) {
        self.jobID = jobID
        self.fence = fence
    }
}

/// The attempt that owns a folder.
public enum ArtifactOwner: Sendable, Hashable {
    /// It is running, and may write further files.
    case running
    /// It has completed its job, with the files of these names.
    case completed(files: Set<String>)

    /// Whether a file of this name belongs, or may belong, to the attempt.
    public func keeps(_ name: String) -> Bool {
        switch self {
        case .running: true
        case .completed(let files): files.contains(name)
        }
    }
}

/// The length and digest of a written file.
public struct StoredFile: Sendable, Hashable {
    /// Its length in bytes.
    public var sizeBytes: Int64
    /// The SHA-256 of its bytes, in lower-case hexadecimal.
    public var sha256: String

    /// A file of this length and digest.
    public init(sizeBytes: Int64, sha256: String) {
        self.sizeBytes = sizeBytes
        self.sha256 = sha256
    }
}

/// A place from which a file can be read.
public enum ArtifactLocation: Sendable {
    /// A file on this machine.
    case file(path: String, sizeBytes: Int64)
    /// A URL that is valid for a short time without further authorization.
    case url(String)
    /// A file that the store reads for the caller.
    case content(any ArtifactContent)
}

/// A file that is not on this machine.
public protocol ArtifactContent: Sendable {
    /// Its length in bytes.
    var sizeBytes: Int64 { get }
    /// Opens a part of the file. One task calls the returned function, which returns the next bytes, or nil at the end.
    ///
    /// - Throws: ``LonghaulError`` with `not_found` or `unavailable`. The returned function throws `unavailable` if the
    ///   rest cannot be read.
    func open(_ range: Range<Int64>) async throws -> @Sendable () async throws -> [UInt8]?
    /// A URL of the file that is valid for a short time without further authorization; nil if there is none.
    ///
    /// - Parameter contentType: the type that the response of the URL must have.
    func url(contentType: String) async throws -> String?
}

/// The rule for the names of artifacts.
public enum ArtifactName {
    /// The error in a name; nil if the name is valid.
    ///
    /// A name is 1–200 bytes of UTF-8, one path segment: no `/`, no `\`, no control or formatting
    /// characters (`Unicode/Scalar/isInvisibleControl`), not `.` or `..`, no dot or white space at its start.
    public static func fault(in name: String) -> String? {
        if name.isEmpty { return "an artifact's name must not be empty" }
        if name.utf8.count > 200 { return "an artifact's name has at most 200 bytes" }
        if name.unicodeScalars.contains(where: \.isInvisibleControl) {
            return "an artifact's name must not hold control or text direction characters"
        }
        if name.utf8.contains(UInt8(ascii: "/")) || name.utf8.contains(UInt8(ascii: "\\")) {
            return "an artifact's name must be a single path segment, without / or \\"
        }
        if let first = name.unicodeScalars.first, first == "." || first.properties.isWhitespace {
            return "an artifact's name must not begin with a dot or white space"
        }
        return nil
    }
}
