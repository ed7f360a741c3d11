import LonghaulCore
import LonghaulJSON
import Testing

/// Folding of messages, and fingerprints of errors.
struct ErrorFingerprintTests {
    private static let foldings: [(String, String)] = [
        ("", ""), ("no space left", "no space left"),
        ("  many   spaces\n\tand lines ", "many spaces and lines"),
        // Numbers, with the characters that join them.
        ("failed after 3 tries", "failed after <n> tries"),
        ("took 12.5s, limit 10s", "took <n>s, limit <n>s"),
        ("at -40.5 or +3e-7 degrees", "at <n> or <n> degrees"), ("1,234,567 rows", "<n> rows"),
        ("refused by 10.0.0.17:5432", "refused by <n>"), ("since 2026-11-24T09:15:00.123Z", "since <n>"),
        ("page 3/10", "page <n>"), ("worker17 and utf8", "worker<n> and utf<n>"), ("a-1", "a-<n>"),
        // UUIDs and hexadecimal words.
        ("no job 019a1b2c-3d4e-7f50-8a61-b2c3d4e5f607", "no job <uuid>"),
        ("no job 019A1B2C-3D4E-7F50-8A61-B2C3D4E5F607!", "no job <uuid>!"),
        ("fault at 0x7fff5fbff8a0", "fault at <hex>"), ("commit deadbeef12 gone", "commit <hex> gone"),
        ("a facade decade", "a facade decade"), ("deadbeef", "deadbeef"), ("code 12345678", "code <n>"),
        // Quoted text.
        ("no table \"users_7\"", "no table <text>"), ("key 'a' is not 'b'", "key <text> is not <text>"),
        ("can't read `x`", "can't read <text>"),
        ("the users' file isn't there", "the users' file isn't there"),
        ("„eins“ and “two” and «trois»", "<text> and <text> and <text>"),
        ("lone \" quote 5", "lone \" quote <n>"),
        ("{\"id\": 5, \"name\": \"x\"}", "{<text>: <n>, <text>: <text>}"),
        // Paths and URLs.
        ("cannot open /var/lib/x-17.db: busy", "cannot open <path>: busy"),
        ("GET https://example.org/a?b=1 gave 404.", "GET <path> gave <n>."),
        ("in ~/notes and ./a.out", "in <path> and <path>"),
        ("C:\\Users\\me\\a.txt is gone", "<path> is gone"),
        ("missing data/part-3.csv", "missing <path>"),
        ("read/write error and/or I/O", "read/write error and/or I/O"),
        ("type text/html", "type text/html"), ("(/etc/passwd)", "(<path>)"),
        // All other text is unchanged, in every script.
        ("Größe überschritten: 5 µs", "Größe überschritten: <n> µs"), ("日本語 12", "日本語 <n>"),
    ]

    @Test(arguments: foldings)
    func folds(_ message: String, _ expected: String) {
        #expect(MessageFolding.fold(message) == expected)
    }

    @Test func foldsLongAndUnusualMessagesQuickly() {
        for text in ["\"", "'a", "a-", "x/a-", "0x", "12:", "🦊/", "\u{0}", "....", "-"] {
            let message = String(repeating: text, count: 10_000 / text.utf8.count)
            #expect(MessageFolding.fold(message).utf8.count <= message.utf8.count + 100)
        }
    }

    @Test func fingerprintsDifferByKindTypeAndMessage() {
        let error = JobError(type: "io", message: "disk 7 is full")
        let fingerprint = ErrorFingerprint.of(kind: "a", error: error)
        #expect(ErrorFingerprint.isFingerprint(fingerprint))
        // Stores keep fingerprints, so this value must never change.
        #expect(fingerprint == "c0e07cc601861b77")
        var other = error
        other.message = "disk 12 is full"
        #expect(ErrorFingerprint.of(kind: "a", error: other) == fingerprint)
        other.details = JSONText(validated: Array("{}".utf8))
        other.retryable = false
        #expect(ErrorFingerprint.of(kind: "a", error: other) == fingerprint)
        #expect(ErrorFingerprint.of(kind: "b", error: error) != fingerprint)
        #expect(
            ErrorFingerprint.of(kind: "a", error: JobError(type: "cpu", message: error.message))
                != fingerprint)
        #expect(
            ErrorFingerprint.of(kind: "a", error: JobError(type: "io", message: "disk is full"))
                != fingerprint)
    }

    @Test func cursorsRoundTrip() throws {
        let group = DeadLetterGroup(
            fingerprint: "0123456789abcdef", queue: "a.b-c", kind: "k", errorType: "t", count: 17,
            firstSeenAt: .distantFuture, lastSeenAt: .distantFuture)
        let cursor = DeadLetterGroupCursor(after: group)
        #expect(DeadLetterGroupCursor(cursor.description) == cursor)
        for text in ["", "g1", "g1.x.0123456789abcdef.q", "g1.1.0123456789abcde.q", "g1.1.0123456789abcdef."]
        {
            #expect(DeadLetterGroupCursor(text) == nil)
        }
    }
}
