import LonghaulCore
import LonghaulJSON

/// A text that jobs are searched for. Letters of ASCII match in both cases.
struct TextSearch: Sendable {
    /// The number of jobs that are read at a time.
    static let step = 200
    /// The number of IDs that are read at a time.
    static let idStep = 2000

    /// The text as callers wrote it, in lower case.
    private let text: [UInt8]
    /// The text as JSON strings hold it, if that differs.
    private let escaped: [UInt8]?

    init(_ text: String) {
        self.text = text.utf8.map(Self.lowercased)
        var writer = JSONWriter()
        writer.element(text)
        let quoted = writer.text.bytes.dropFirst().dropLast().map(Self.lowercased)
        escaped = quoted == self.text ? nil : quoted
    }

    /// Whether the text is in the ID, the kind, an error or the payload of a job.
    func matches(_ job: Job) -> Bool {
        if isFound(in: job.spec.kind) || isFound(in: job.id.description) { return true }
        if let error = job.error, isFound(in: error) { return true }
        if job.attempts.contains(where: { $0.error.map(isFound) ?? false }) { return true }
        let payload = job.spec.payload.bytes
        return Self.isFound(text, in: payload) || escaped.map { Self.isFound($0, in: payload) } ?? false
    }

    /// The last characters of an ID, if the text can be that.
    var endOfID: String? {
        guard (6...36).contains(text.count), text.allSatisfy({ $0 == UInt8(ascii: "-") || Self.isHex($0) })
        else { return nil }
        return String(decoding: text, as: UTF8.self)
    }

    private func isFound(in error: JobError) -> Bool {
        isFound(in: error.type) || isFound(in: error.message)
    }

    private func isFound(in string: String) -> Bool {
        var string = string
        return string.withUTF8 { Self.isFound(text, in: $0) }
    }

    private static func isFound(_ text: [UInt8], in bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { isFound(text, in: $0) }
    }

    private static func isFound(_ text: [UInt8], in bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let first = text.first, bytes.count >= text.count else { return false }
        return text.withUnsafeBufferPointer { text in
            for start in 0...(bytes.count - text.count) where lowercased(bytes[start]) == first {
                var length = 1
                while length < text.count, lowercased(bytes[start + length]) == text[length] { length += 1 }
                if length == text.count { return true }
            }
            return false
        }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
