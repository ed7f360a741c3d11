/// The port to where the files of jobs lie.
///
/// Every attempt writes into a folder of its own, so that a worker back from the dead cannot touch the files
/// of the attempt that took over.
public protocol ArtifactStore: Sendable {
    /// Writes a file, durably: when the call returns, the file is whole and survives a crash. A file of the
    /// same name in the same folder is replaced as one step; after a throw it is as it was before.
    ///
    /// - Parameter next: gives the next bytes; nil at the end. What it throws is thrown on.
    /// - Throws: ``LonghaulError`` with `invalid_request` for a name that ``ArtifactName`` refuses,
    ///   `payload_too_large` beyond `maxBytes`, and `unavailable` when it cannot be written.
    func put(
        _ folder: ArtifactFolder, name: String, maxBytes: Int64, next: () async throws -> [UInt8]?
    ) async throws -> StoredFile

    /// Where a file can be read.
    ///
    /// - Throws: ``LonghaulError`` with `not_found` if there is none.
    func locate(_ folder: ArtifactFolder, name: String) async throws -> ArtifactLocation

    /// Removes one file, if it is there.
    func remove(_ folder: ArtifactFolder, name: String) async throws

    /// Removes a folder with all its files, if it is there.
    func remove(_ folder: ArtifactFolder) async throws

    /// Removes every folder of a job.
    func removeAll(of job: JobID) async throws

    /// Gives every folder that there is to `owned`, some at a time, and removes those it does not return.
    /// Files half written and left by a crash go too. Answers how many folders were removed.
    func sweep(_ owned: ([ArtifactFolder]) async throws -> Set<ArtifactFolder>) async throws -> Int

    /// Throws unless files can be written.
    func checkReady() async throws
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

/// A file as it was written.
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

/// Where a file can be read.
public enum ArtifactLocation: Sendable, Hashable {
    /// A file of this machine.
    case file(path: String, sizeBytes: Int64)
    /// An address that needs no further right, for a short while.
    case url(String)
}

/// The rule for the names of artifacts.
public enum ArtifactName {
    /// What is wrong with a name; nil if it is good.
    ///
    /// A name is 1–200 bytes of UTF-8, one path segment: no `/`, no `\`, no control or formatting
    /// characters (``Unicode/Scalar/isInvisibleControl``), not `.` or `..`, no dot or white space at its start.
    public static func fault(in name: String) -> String? {
        if name.isEmpty { return "an artifact's name must not be empty" }
        if name.utf8.count > 200 { return "an artifact's name has at most 200 bytes" }
        if name.unicodeScalars.contains(where: \.isInvisibleControl) {
            return "an artifact's name must not hold control or text direction characters"
        }
        if name.utf8.contains(UInt8(ascii: "/")) || name.utf8.contains(UInt8(ascii: "\\")) {
            return "an artifact's name must be a single path segment, without / or \\"
        }
        if name.hasPrefix(".") || name.first?.isWhitespace == true {
            return "an artifact's name must not begin with a dot or white space"
        }
        return nil
    }
}
