import Foundation
import LonghaulTestSupport

/// A JSON value whose parts are read by path: keys and indexes with dots between them, such as `leases.0.job.id`. `*`
/// matches every element of an array.
///
/// A missing part, or one of another type, is an error that names the path and contains the whole value.
enum JSONValue: Sendable, Equatable, Decodable {
    case null
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int.self) {
            self = .int(value)
        } else if let value = try? container.decode(Double.self) {
            self = .double(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    /// A value from its text.
    init(parsing text: some StringProtocol) throws {
        try self.init(parsing: Array(text.utf8))
    }

    /// A value from its text in UTF-8.
    init(parsing bytes: [UInt8]) throws {
        self = try JSONDecoder().decode(JSONValue.self, from: Data(bytes))
    }

    /// The parts at a path; empty if there are none.
    fileprivate func parts(_ steps: ArraySlice<Substring>) -> [JSONValue] {
        guard let step = steps.first else { return [self] }
        let rest = steps.dropFirst()
        switch self {
        case .object(let members): return members[String(step)]?.parts(rest) ?? []
        case .array(let elements) where step == "*": return elements.flatMap { $0.parts(rest) }
        case .array(let elements):
            guard let index = Int(step), elements.indices.contains(index) else { return [] }
            return elements[index].parts(rest)
        default: return []
        }
    }
}

/// A source of JSON: a value, or an answer of the API.
protocol JSONContent: CustomStringConvertible {
    var json: JSONValue { get }
}

extension JSONValue: JSONContent {
    var json: JSONValue { self }

    var description: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .int(let value): "\(value)"
        case .double(let value): "\(value)"
        case .string(let value): value.debugDescription
        case .array(let elements): "[" + elements.map(\.description).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { "\($0.debugDescription):\($1)" }.sorted().joined(separator: ",") + "}"
        }
    }
}

extension JSONContent {
    /// Whether there is a value at a path that is not null.
    func has(_ path: String) -> Bool {
        all(path).contains { $0 != .null }
    }

    /// The part at a path.
    func value(_ path: String) throws -> JSONValue {
        guard let part = all(path).first else { throw unexpected(path, "something") }
        return part
    }

    func string(_ path: String) throws -> String { try read(path, "a string", \.text) }
    func bool(_ path: String) throws -> Bool { try read(path, "a boolean", \.flag) }
    func int(_ path: String) throws -> Int { try read(path, "an integer", \.integer) }
    func double(_ path: String) throws -> Double { try read(path, "a number", \.number) }
    /// The elements of an array, or all parts at a path with `*`.
    func array(_ path: String) throws -> [JSONValue] {
        path.contains("*") ? all(path) : try read(path, "an array", \.elements)
    }
    func object(_ path: String) throws -> [String: JSONValue] { try read(path, "an object", \.members) }

    /// The strings of an array, or of all parts at a path with `*`.
    func strings(_ path: String) throws -> [String] { try readAll(path, "strings", \.text) }
    /// The integers of an array, or of all parts at a path with `*`.
    func ints(_ path: String) throws -> [Int] { try readAll(path, "integers", \.integer) }
    /// The number of elements of an array.
    func count(_ path: String) throws -> Int { try array(path).count }

    private func all(_ path: String) -> [JSONValue] { json.parts(path.split(separator: ".")[...]) }

    private func read<Value>(
        _ path: String, _ type: String, _ convert: (JSONValue) -> Value?
    ) throws -> Value {
        guard let value = all(path).first.flatMap(convert) else { throw unexpected(path, type) }
        return value
    }

    private func readAll<Value>(
        _ path: String, _ type: String, _ convert: (JSONValue) -> Value?
    ) throws -> [Value] {
        try array(path).map { part in
            guard let value = convert(part) else { throw unexpected(path, type) }
            return value
        }
    }

    private func unexpected(_ path: String, _ type: String) -> TestFailure {
        TestFailure("expected \(type) at \"\(path)\" of \(self)")
    }
}

extension JSONValue {
    fileprivate var text: String? { if case .string(let value) = self { value } else { nil } }
    fileprivate var flag: Bool? { if case .bool(let value) = self { value } else { nil } }
    fileprivate var integer: Int? { if case .int(let value) = self { value } else { nil } }
    fileprivate var elements: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    fileprivate var members: [String: JSONValue]? { if case .object(let value) = self { value } else { nil } }
    fileprivate var number: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    init(nilLiteral: ()) { self = .null }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(integerLiteral value: Int) { self = .int(value) }
    init(floatLiteral value: Double) { self = .double(value) }
    init(stringLiteral value: String) { self = .string(value) }
    init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(Dictionary(uniqueKeysWithValues: elements))
    }
}
