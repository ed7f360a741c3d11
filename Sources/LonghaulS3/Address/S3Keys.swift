import LonghaulCore

/// The keys of objects: `PREFIX/JOB/FENCE/NAME`.
///
/// A name keeps its letters, digits, `-`, `_` and `.`; each other byte is written as `!` and two hexadecimal digits. So a
/// key has no byte that a server, a proxy or an XML document could read differently, whatever the name.
struct S3Keys: Sendable {
    private let prefix: String

    /// - Parameter prefix: without slashes at its ends; empty for none.
    init(prefix: String) {
        self.prefix = prefix.isEmpty ? "" : prefix + "/"
    }

    /// The beginning of the keys of all artifacts.
    var root: String { prefix }

    /// The key of the object that proves that the store may write. It is always the same, so that the next start removes
    /// what a server has left that died during its start.
    var probe: String { prefix + ".longhaul-probe" }

    /// The beginning of the keys of a job.
    func folder(of job: JobID) -> String { "\(prefix)\(job)/" }

    /// The beginning of the keys of an attempt.
    func folder(_ folder: ArtifactFolder) -> String { "\(prefix)\(folder.jobID)/\(folder.fence)/" }

    /// The key of a file.
    func key(_ folder: ArtifactFolder, name: String) -> String {
        var key = self.folder(folder)
        for byte in name.utf8 {
            if Self.isPlain(byte) {
                key.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                key += "!" + SHA256.hexadecimal([byte]).uppercased()
            }
        }
        return key
    }

    /// The folder and the name of a key; nil for a key that is no artifact.
    func parse(_ key: String) -> (folder: ArtifactFolder, name: String)? {
        guard key.hasPrefix(prefix) else { return nil }
        let parts = key.dropFirst(prefix.count).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, let job = JobID(String(parts[0])), let fence = Int(parts[1]), fence >= 0,
            let name = Self.name(parts[2])
        else { return nil }
        let folder = ArtifactFolder(jobID: job, fence: fence)
        // Only the spelling that this store writes.
        guard self.key(folder, name: name) == key else { return nil }
        return (folder, name)
    }

    private static func name(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "!") {
                guard rest.count >= 2, let pair = String(rest.prefix(2)), let value = UInt8(pair, radix: 16)
                else {
                    return nil
                }
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        let name = String(decoding: bytes, as: UTF8.self)
        return ArtifactName.fault(in: name) == nil ? name : nil
    }

    /// Whether a byte stands for itself in a key.
    static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
        default: false
        }
    }

    /// Whether a byte may be part of a prefix: the characters that S3 calls safe.
    static func isSafePrefixByte(_ byte: UInt8) -> Bool { isPlain(byte) || "!*'()/".utf8.contains(byte) }
}
