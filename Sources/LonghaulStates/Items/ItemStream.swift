internal import LonghaulJSON

/// Why a source has no items.
public struct ItemError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, in AWS's words where they are known.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Parses the items of a source while its bytes arrive: JSON, JSON Lines or CSV.
///
/// ```swift
/// var stream = try ItemStream(read.format, maxItems: read.maxItems)
/// for chunk in chunks { report(try stream.append(chunk)) }
/// report(try stream.finish())
/// ```
///
/// JSON Lines and CSV need memory for a line, or for a row, of at most 8 MiB. A JSON document is kept as a whole, and has at most
/// 128 MiB.
public struct ItemStream: Sendable {
    private var parser: Parser
    private let maxItems: Int?
    private var count = 0

    private enum Parser {
        case json(JSONItems)
        case lines(LineItems)
        case csv(CSVItems)
    }

    /// A parser.
    ///
    /// - Parameter maxItems: The number of items to return at most; nil for all.
    /// - Throws: ``ItemError`` if the form is not known, or its header has the same name twice.
    public init(_ format: ItemFormat, maxItems: Int? = nil) throws(ItemError) {
        self.maxItems = maxItems
        switch format.inputType {
        case "JSON", nil: parser = .json(JSONItems(pointer: format.itemsPointer))
        case "JSONL": parser = .lines(LineItems())
        case "CSV": parser = .csv(try CSVItems(format))
        case let type?: throw ItemError("The input type \(type) is not supported.")
        }
    }

    /// Whether all items were returned that may be.
    public var isFull: Bool { maxItems.map { count >= $0 } ?? false }

    /// Takes bytes, and returns the items that they complete.
    public mutating func append(_ bytes: some Sequence<UInt8>) throws(ItemError) -> [StateValue] {
        switch parser {
        case .json(var items):
            // The parser must hold its bytes alone while they are appended.
            parser = .lines(LineItems())
            try items.append(bytes)
            parser = .json(items)
            return []
        case .lines(var items):
            let found = try items.append(bytes)
            parser = .lines(items)
            return limited(found)
        case .csv(var items):
            let found = try items.append(bytes)
            parser = .csv(items)
            return limited(found)
        }
    }

    /// Returns the items that only the end of the source completes.
    public mutating func finish() throws(ItemError) -> [StateValue] {
        switch parser {
        case .json(let items): return limited(try items.finish())
        case .lines(var items): return limited(try items.finish())
        case .csv(var items): return limited(try items.finish())
        }
    }

    private mutating func limited(_ items: [StateValue]) -> [StateValue] {
        guard let maxItems else { return items }
        let rest = items.prefix(max(0, maxItems - count))
        count += rest.count
        return Array(rest)
    }
}

/// Items of a JSON document.
struct JSONItems: Sendable {
    let pointer: String?
    private var bytes: [UInt8] = []
    private static let maxBytes = 128 << 20

    init(pointer: String?) {
        self.pointer = pointer
    }

    mutating func append(_ more: some Sequence<UInt8>) throws(ItemError) {
        bytes += more
        guard bytes.count <= JSONItems.maxBytes else {
            throw ItemError("The JSON document is larger than \(JSONItems.maxBytes) bytes.")
        }
    }

    func finish() throws(ItemError) -> [StateValue] {
        let document: StateValue
        do {
            document = try StateValue(parsing: bytes)
        } catch {
            throw ItemError("The data is not valid JSON: \(error.message)")
        }
        guard let value = try find(in: document) else {
            throw ItemError("The items pointer \(pointer ?? "") leads to no value.")
        }
        switch value {
        case .array(let items): return items
        case .object(let object):
            return object.members.map { .members([("Key", .string($0.0)), ("Value", $0.1)]) }
        default: throw ItemError("Attempting to map over non-iterable node.")
        }
    }

    private func find(in document: StateValue) throws(ItemError) -> StateValue? {
        var value: StateValue? = document
        for step in (pointer ?? "").split(separator: "/") {
            let name = step.split(separator: "~", omittingEmptySubsequences: false)
            let key = name.dropFirst().reduce(String(name.first ?? "")) { text, part in
                text + (part.hasPrefix("1") ? "/" : "~") + part.dropFirst()
            }
            switch value {
            case .array(let elements):
                let index = Int(key) ?? -1
                value = elements.indices.contains(index) ? elements[index] : nil
            default: value = value?[key]
            }
        }
        return value
    }
}

/// Items of JSON Lines: a value on each line. Empty lines are skipped.
struct LineItems: Sendable {
    private var line: [UInt8] = []
    private var number = 0
    /// Maximum size of a line, in bytes.
    static let maxBytes = 8 << 20

    mutating func append(_ bytes: some Sequence<UInt8>) throws(ItemError) -> [StateValue] {
        var items: [StateValue] = []
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                line.append(byte)
                guard line.count <= LineItems.maxBytes else {
                    throw ItemError("Line \(number + 1) is longer than \(LineItems.maxBytes) bytes.")
                }
                continue
            }
            items += try finish()
        }
        return items
    }

    mutating func finish() throws(ItemError) -> [StateValue] {
        number += 1
        defer { line.removeAll(keepingCapacity: true) }
        guard line.contains(where: { $0 > 0x20 }) else { return [] }
        do {
            return [try StateValue(parsing: line)]
        } catch {
            throw ItemError("Line \(number) is not valid JSON: \(error.message)")
        }
    }
}
