import LonghaulCore
import LonghaulJSON

/// A JSON Schema (2020-12) of the OpenAPI document.
///
/// ```swift
/// Schema.request([
///     .required("kind", .kind),
///     .optional("priority", .integer(FieldBounds.priority).defaulting(JobSpec(kind: "").priority)),
/// ])
/// ```
struct Schema: Sendable, JSONWritable {
    private var members: [(key: String, value: JSONText)]

    private init(_ members: [(String, JSONText)]) {
        self.members = members.map { (key: $0.0, value: $0.1) }
    }

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            for member in members { writer.field(member.key, member.value) }
        }
    }

    /// The schema with one more keyword.
    func with(_ key: String, _ value: some JSONWritable) -> Schema {
        var schema = self
        schema.members.removeAll { $0.key == key }
        schema.members.append((key: key, value: Self.text(value)))
        return schema
    }

    func described(_ text: String) -> Schema { with("description", text) }

    /// The schema with an example value. ``ExampleBuilder`` makes the examples of answers from those of their fields.
    func example(_ value: some JSONWritable) -> Schema { with("examples", [value]) }

    /// The schema with an example value, as JSON.
    func example(json: String) -> Schema { example(JSONText(validated: Array(json.utf8))) }

    /// The schema with a default value. Pass the value of a type of `LonghaulCore`, never a literal.
    func defaulting(_ value: some JSONWritable) -> Schema { with("default", value) }

    static func text(_ value: some JSONWritable) -> JSONText {
        var writer = JSONWriter()
        writer.element(value)
        return writer.text
    }

    private subscript(key: String) -> JSONText? { members.first { $0.key == key }?.value }

    /// The keywords that allow and refuse no value.
    private static let annotations: Set<String> = ["description", "default", "examples"]

    /// The schema, or `null`. Annotations belong to the whole.
    var orNull: Schema {
        let notes = members.filter { Self.annotations.contains($0.key) }
        guard notes.count < members.count, self["not"] == nil else { return self }
        guard let type = self["type"] else {
            var inner = self
            inner.members.removeAll { Self.annotations.contains($0.key) }
            var choice = Schema([]).with("anyOf", [inner, Schema([]).with("type", "null")])
            choice.members += notes
            return choice
        }
        guard type.bytes.first == UInt8(ascii: "\""), type.description != "\"null\"" else { return self }
        let words = self["enum"].map { [UInt8]($0.bytes.dropLast()) + Array(",null]".utf8) }
        let nullable = with("type", [type, Self.text("null")])
        return words.map { nullable.with("enum", JSONText(validated: $0)) } ?? nullable
    }
}

// MARK: Values

extension Schema {
    /// Any JSON value.
    static let any = Schema([])
    static let boolean = any.with("type", "boolean")

    /// Text whose number of characters (Unicode scalars) is within `lengths`.
    static func string(_ lengths: ClosedRange<Int>? = nil, pattern: String? = nil) -> Schema {
        var schema = any.with("type", "string")
        if let lengths {
            if lengths.lowerBound > 0 { schema = schema.with("minLength", lengths.lowerBound) }
            schema = schema.with("maxLength", lengths.upperBound)
        }
        return pattern.map { schema.with("pattern", $0) } ?? schema
    }

    /// Text whose number of characters is within `lengths`, none of them U+0000.
    static func plain(_ lengths: ClosedRange<Int>? = nil) -> Schema {
        string(lengths, pattern: "^[^\\u0000]*$")
    }

    static func integer(_ range: ClosedRange<Int>) -> Schema {
        any.with("type", "integer").with("minimum", range.lowerBound).with("maximum", range.upperBound)
    }

    static let count = integer(0...Int.max)

    static func number(_ range: ClosedRange<Double>) -> Schema {
        any.with("type", "number").with("minimum", range.lowerBound).with("maximum", range.upperBound)
    }

    static let number = any.with("type", "number")

    static func choice(_ words: [String]) -> Schema { any.with("type", "string").with("enum", words) }

    static func choice<Choice>(_ type: Choice.Type) -> Schema
    where Choice: RawRepresentable<String> & CaseIterable {
        choice(type.allCases.map(\.rawValue))
    }

    static func list(_ items: Schema, _ counts: ClosedRange<Int>? = nil) -> Schema {
        var schema = any.with("type", "array").with("items", items)
        guard let counts else { return schema }
        if counts.lowerBound > 0 { schema = schema.with("minItems", counts.lowerBound) }
        return counts.upperBound < Int.max ? schema.with("maxItems", counts.upperBound) : schema
    }

    /// An object whose values have one schema.
    static func map(_ values: Schema, keys: Schema? = nil, upTo count: Int? = nil) -> Schema {
        var schema = any.with("type", "object").with("additionalProperties", values)
        if let keys { schema = schema.with("propertyNames", keys) }
        return count.map { schema.with("maxProperties", $0) } ?? schema
    }

    /// A named schema of the document.
    static func named(_ name: String) -> Schema { any.with("$ref", "#/components/schemas/\(name)") }

    static func oneOf(_ schemas: [Schema]) -> Schema { any.with("oneOf", schemas) }
    static func anyOf(_ schemas: [Schema]) -> Schema { any.with("anyOf", schemas) }
}

// MARK: Objects

extension Schema {
    /// A field of an object.
    struct Field: Sendable {
        let name: String
        let schema: Schema
        let isRequired: Bool

        /// - Parameter description: the description of the field; nil if that of its schema says enough.
        static func required(_ name: String, _ schema: Schema, _ description: String? = nil) -> Field {
            Field(name: name, schema: description.map(schema.described) ?? schema, isRequired: true)
        }

        /// - Parameter description: the description of the field; nil if that of its schema says enough.
        static func optional(_ name: String, _ schema: Schema, _ description: String? = nil) -> Field {
            Field(name: name, schema: description.map(schema.described) ?? schema, isRequired: false)
        }
    }

    /// The schema of a request body. Other fields are refused, and `null` means that a field is absent.
    static func request(_ fields: [Field]) -> Schema {
        object(fields.map { $0.isRequired ? $0 : .optional($0.name, $0.schema.orNull) })
            .with("additionalProperties", false)
    }

    /// The schema of an answer, to which later versions may add fields.
    static func answer(_ fields: [Field]) -> Schema { object(fields) }

    private static func object(_ fields: [Field]) -> Schema {
        var writer = JSONWriter()
        writer.object { writer in
            for field in fields { writer.field(field.name, field.schema) }
        }
        let required = fields.filter(\.isRequired).map(\.name)
        let schema = any.with("type", "object").with("properties", writer.text)
        return required.isEmpty ? schema : schema.with("required", required)
    }

    /// A page of a list.
    static func page(of items: Schema, more: [Field] = []) -> Schema {
        answer(
            [
                .required("items", list(items), "The items of the page."),
                .required(
                    "next_cursor", string().orNull,
                    "The `cursor` of the next page; null on the last page."),
            ] + more)
    }
}

// MARK: Words of the API

extension Schema {
    /// A kind that a caller may give to a job.
    static let kind = name(FieldBounds.kindLength, "A-Za-z0-9._/-", without: JobSpec.reservedKindPrefix)
    static let queue = name(FieldBounds.queueNameLength, "A-Za-z0-9._-")

    /// A name of these characters, which are a set of a regular expression.
    ///
    /// - Parameter prefix: a beginning that the name must not have; nil for none.
    static func name(
        _ lengths: ClosedRange<Int>, _ characters: String, without prefix: String? = nil
    ) -> Schema {
        let exclusion = prefix.map { "(?!\($0.replacing(".", with: "\\.")))" } ?? ""
        let pattern = "^\(exclusion)[\(characters)]{\(lengths.lowerBound),\(lengths.upperBound)}$"
        return string(lengths, pattern: pattern)
    }

    static let uuid = any.with("type", "string").with("format", "uuid")
    static let token = string(64...64, pattern: "^[0-9a-f]{64}$")
    /// A time in an answer.
    static let time = any.with("type", "string").with("format", "date-time")
    /// A time in a request.
    static let givenTime = time.with("pattern", "^(19[7-9][0-9]|[2-9][0-9]{3})-")
    /// Tags or labels, up to the upper bound of the range.
    static func labels(_ counts: ClosedRange<Int>) -> Schema {
        map(
            plain(FieldBounds.tagValueLength), keys: plain(FieldBounds.tagNameLength),
            upTo: counts.upperBound)
    }

    static let percent = number(FieldBounds.percent)
    /// A value of the caller: see ``ValueRule``.
    static let value = any.described("Any JSON value, nested at most \(ValueRule.maxDepth) deep.")
    static func seconds(_ range: ClosedRange<Double>) -> Schema { number(range) }
}
