/// Identifies equal errors by the kind of job, the type of the error, and its message without the parts that vary. See
/// ``MessageFolding``.
public enum ErrorFingerprint {
    /// The fingerprint of an error of a job of this kind: 16 hexadecimal digits.
    ///
    /// The same input has the same fingerprint in every version, because stores keep it.
    public static func of(kind: String, error: JobError) -> String {
        let hash = SHA256()
        for part in [kind, error.type, MessageFolding.fold(error.message)] {
            hash.update(Array("\(part.utf8.count):".utf8))
            hash.update(Array(part.utf8))
        }
        return SHA256.hexadecimal(Array(hash.finish().prefix(8)))
    }

    /// Whether text has the form of a fingerprint.
    public static func isFingerprint(_ text: String) -> Bool {
        text.utf8.count == 16 && text.utf8.allSatisfy { ($0 >= 48 && $0 <= 57) || ($0 >= 97 && $0 <= 102) }
    }
}
