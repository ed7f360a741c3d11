/// The status and header fields of a response.
struct ResponseHead: Sendable {
    var status: Int
    var headers: HTTPHeaders = [:]

    var isSuccess: Bool { (200..<300).contains(status) }
}

/// Parses response heads from the lines of libcurl and finds the final one. It ignores interim responses, followed redirects
/// and the trailer of a chunked body.
struct ResponseHeadParser {
    /// The maximum size of the header, in bytes.
    static let maxBytes = 256 * 1024

    private let followsRedirects: Bool
    private var head: ResponseHead?
    private var bytes = 0
    /// Whether the final head has been found.
    private(set) var isComplete = false

    init(followsRedirects: Bool) {
        self.followsRedirects = followsRedirects
    }

    /// Adds a line with its line end. Returns the final head after its empty line.
    ///
    /// - Throws: `tooLarge`.
    mutating func feed(_ line: UnsafeRawBufferPointer) throws(HTTPClientError) -> ResponseHead? {
        if isComplete { return nil }
        bytes += line.count
        guard bytes <= Self.maxBytes else {
            throw HTTPClientError(.tooLarge, "the response's header is larger than \(Self.maxBytes) bytes")
        }
        let text = Self.trimmed(line[...])
        if line.starts(with: "HTTP/".utf8) {
            head = ResponseHead(status: Self.status(text))
        } else if text.isEmpty {
            return endOfHead()
        } else if let first = line.first, first == UInt8(ascii: " ") || first == UInt8(ascii: "\t") {
            unfold(text)
        } else if let colon = text.firstIndex(of: UInt8(ascii: ":")) {
            head?.headers.add(
                String(decoding: Self.trimmed(text[..<colon]), as: UTF8.self),
                String(decoding: Self.trimmed(text[(colon + 1)...]), as: UTF8.self))
        }
        return nil
    }

    private mutating func endOfHead() -> ResponseHead? {
        guard let head, head.status >= 200, !isFollowed(head) else { return nil }
        isComplete = true
        return head
    }

    private func isFollowed(_ head: ResponseHead) -> Bool {
        followsRedirects && (300..<400).contains(head.status)
            && head.headers["Location"].map { !$0.isEmpty } ?? false
    }

    /// A line that begins with white space belongs to the field before it.
    private mutating func unfold(_ text: Slice<UnsafeRawBufferPointer>) {
        guard let old = head?.headers.fields, let last = old.last else { return }
        var headers = HTTPHeaders()
        for field in old.dropLast() { headers.add(field.name, field.value) }
        headers.add(last.name, last.value + " " + String(decoding: text, as: UTF8.self))
        head?.headers = headers
    }

    private static func status(_ line: Slice<UnsafeRawBufferPointer>) -> Int {
        let words = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
        guard words.count > 1 else { return 0 }
        return Int(String(decoding: words[1], as: UTF8.self)) ?? 0
    }

    private static func trimmed(_ text: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
        var text = text
        while let byte = text.first, isSpace(byte) { text = text.dropFirst() }
        while let byte = text.last, isSpace(byte) { text = text.dropLast() }
        return text
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
            || byte == UInt8(ascii: "\n")
    }
}
