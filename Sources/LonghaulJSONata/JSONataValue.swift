public import LonghaulJSON

/// A JSON value that is parsed once and serves as input of any number of evaluations.
///
/// It is unchecked because arrays and objects are classes inside. Evaluations never change their input: what
/// they change, they copy first.
public struct JSONataValue: @unchecked Sendable {
    let value: Value

    init(_ value: Value) {
        self.value = value
    }

    /// Parses a JSON text.
    ///
    /// Unlike other parts of Longhaul, it accepts unpaired surrogates, and keeps the last of equal keys.
    ///
    /// - Parameter maxDepth: How deep arrays and objects may nest.
    /// - Throws: ``JSONError`` with the place of the error.
    public init(parsing bytes: [UInt8], maxDepth: Int = 512) throws(JSONError) {
        do {
            value = try ValueReader.read(bytes, maxDepth: maxDepth)
        } catch {
            throw JSONError(message: error.message, offset: error.offset)
        }
    }

    /// Parses a JSON text.
    ///
    /// - Throws: ``JSONError`` with the place of the error.
    public init(_ text: JSONText) throws(JSONError) {
        try self.init(parsing: text.bytes)
    }

    /// The value as JSON in one line. Functions become empty strings.
    ///
    /// - Parameter isPretty: True for several lines, indented by two spaces.
    /// - Throws: ``JSONataError`` with code D1001 for numbers that JSON cannot express, U1001 for values that are
    ///   too large.
    public func json(isPretty: Bool = false, limits: JSONataLimits = JSONataLimits()) throws(JSONataError)
        -> JSONText
    {
        var writer = ValueWriter(indent: isPretty ? 2 : 0, isForString: false, budget: Budget(limits))
        do {
            try writer.write(value)
        } catch {
            throw error.publicError
        }
        return JSONText(validated: Array(String(decoding: writer.units, as: UTF16.self).utf8))
    }

    /// The member of an object; nil if this is no object or has no such member.
    public subscript(key: String) -> JSONataValue? {
        guard case .object(let object) = value else { return nil }
        return object[Text(key)].map { JSONataValue($0) }
    }

    /// The members of an object in their order; empty for other values.
    public var members: [(key: String, value: JSONataValue)] {
        guard case .object(let object) = value else { return [] }
        return zip(object.keys, object.values).map { ($0.string, JSONataValue($1)) }
    }

    /// The members of an object by their keys; empty for other values.
    public var dictionary: [String: JSONataValue] {
        var dictionary: [String: JSONataValue] = [:]
        for (key, value) in members { dictionary[key] = value }
        return dictionary
    }

    /// The elements of an array in their order; empty for other values.
    public var elements: [JSONataValue] {
        guard case .array(let array) = value else { return [] }
        return array.items.map { JSONataValue($0) }
    }

    /// The boolean; nil for other values.
    public var bool: Bool? {
        guard case .bool(let value) = value else { return nil }
        return value
    }

    /// The number; nil for other values.
    public var number: Double? {
        guard case .number(let number) = value else { return nil }
        return number
    }

    /// The string, with unpaired surrogates replaced; nil for other values.
    public var string: String? {
        guard case .string(let text) = value else { return nil }
        return text.string
    }

    /// True for `null`.
    public var isNull: Bool {
        if case .null = value { return true }
        return false
    }

    /// True for an object.
    public var isObject: Bool {
        if case .object = value { return true }
        return false
    }
}
