public import LonghaulJSON

/// A request or an answer of the API that can be read from a JSON object.
///
/// A server reads requests strictly: an unknown field is a fault. A client reads answers leniently, so that it
/// understands newer servers.
public protocol JSONReadable {
    /// Reads the fields of the object. The reader collects faults. The returned value is valid only if there are none.
    static func read(_ reader: inout JSONObjectReader) -> Self
}

extension JSONReadable {
    /// Reads a whole document.
    ///
    /// - Throws: ``LonghaulError`` `invalid_request` with all faults.
    public static func decode(_ bytes: [UInt8]) throws(LonghaulError) -> Self {
        try decode { () throws(JSONError) in try JSONDocument(parsing: bytes) }
    }

    /// Reads a whole document that a server sent or a store holds. It may nest to any depth.
    ///
    /// - Throws: ``LonghaulError`` `invalid_request` with all faults.
    public static func decode(answer bytes: [UInt8]) throws(LonghaulError) -> Self {
        try decode { () throws(JSONError) in try JSONDocument(lenientlyParsing: bytes) }
    }

    private static func decode(_ parse: () throws(JSONError) -> JSONDocument) throws(LonghaulError) -> Self {
        let document: JSONDocument
        do {
            document = try parse()
        } catch {
            throw LonghaulError(error)
        }
        let faults = JSONFaults()
        var reader = JSONObjectReader(document.root, at: .root, faults: faults)
        let value = read(&reader)
        guard faults.isEmpty else { throw .invalid(faults.list) }
        return value
    }
}

extension JSONText {
    /// Reads a whole body that may be any JSON value.
    ///
    /// - Throws: ``LonghaulError`` `invalid_request`.
    public static func decode(body bytes: [UInt8]) throws(LonghaulError) -> JSONText {
        do {
            return try JSONDocument(parsing: bytes).root.text
        } catch {
            throw LonghaulError(error)
        }
    }
}

extension LonghaulError {
    fileprivate init(_ error: JSONError) {
        self.init(
            .invalidRequest, error.message,
            faults: [JSONFault(pointer: JSONPointer(of: error), message: error.message)])
    }
}

extension JSONPointer {
    /// The place of a fault in the whole text, or the root.
    fileprivate init(of error: JSONError) {
        self = error.pointer.flatMap { JSONPointer(parsing: $0) } ?? .root
    }
}

extension JSONObjectReader {
    /// A time in RFC 3339.
    mutating func timestamp(_ name: String) -> Timestamp? {
        guard let text = string(name) else { return nil }
        guard let moment = Timestamp(rfc3339: text) else {
            fault(name, "expected a time in RFC 3339, such as 2026-11-24T09:15:00.123Z")
            return nil
        }
        return moment
    }

    /// An integer within `range`.
    mutating func int(_ name: String, within range: ClosedRange<Int>) -> Int? {
        int(name, in: Int64(range.lowerBound)...Int64(range.upperBound)).map { Int($0) }
    }

    /// Records a fault unless the number of elements is within `range`.
    mutating func expectCount(_ count: Int, of name: String, within range: ClosedRange<Int>) {
        guard !range.contains(count) else { return }
        let bounds =
            range.lowerBound == 0
            ? "at most \(range.upperBound)" : "\(range.lowerBound) to \(range.upperBound)"
        fault(name, "expected \(bounds) elements, got \(count)")
    }

    /// The ID of a job.
    mutating func jobID(_ name: String) -> JobID? {
        guard let text = string(name) else { return nil }
        guard let id = JobID(text) else {
            fault(name, "expected the ID of a job, a UUID")
            return nil
        }
        return id
    }

    /// A lease's token.
    mutating func token(_ name: String) -> LeaseToken? {
        guard let text = requiredString(name) else { return nil }
        // Text that is not a token is treated as an ended lease; see ``LeaseToken/unknown``.
        return LeaseToken(text) ?? .unknown
    }

    /// An object whose values are strings.
    mutating func labels(_ name: String) -> [String: String]? {
        guard let node = node(name), !node.isNull else { return nil }
        guard node.kind == .object else {
            fault(name, "expected an object, got \(node.kindName)")
            return nil
        }
        var labels: [String: String] = [:]
        for (key, value) in node.members {
            if let text = value.string {
                labels[key] = text
            } else {
                faults.add(pointer(to: name).appending(key), "expected a string, got \(value.kindName)")
            }
        }
        return labels
    }

    /// The objects of an array, each read with `read`.
    public mutating func objects<Value>(_ name: String, _ read: (inout JSONObjectReader) -> Value) -> [Value]?
    {
        guard let nodes = array(name) else { return nil }
        let place = pointer(to: name)
        return nodes.enumerated().map { index, node in
            var reader = JSONObjectReader(node, at: place.appending(index), faults: faults)
            return read(&reader)
        }
    }

    /// A required field, read with `read`. Records a fault if it is missing.
    mutating func needed<Value>(
        _ name: String, _ expected: String, _ read: (inout JSONObjectReader, String) -> Value?
    ) -> Value? {
        let before = faults.list.count
        let value = read(&self, name)
        if value == nil, faults.list.count == before { fault(name, "is required, expected \(expected)") }
        return value
    }
}

extension LeaseToken {
    /// A token without a lease, which replaces malformed tokens.
    public static let unknown = LeaseToken(jobID: JobID(high: 0, low: 0), fence: 0, secret: 0)
}

extension JSONWriter {
    mutating func field(_ name: String, _ moment: Timestamp?) {
        field(name, moment?.description)
    }

    mutating func field(_ name: String, _ labels: [String: String]) {
        object(name) { writer in
            for (key, value) in labels.sorted(by: { $0.key < $1.key }) { writer.field(key, value) }
        }
    }
}
