import Foundation

/// JSON text with one value at a bound of an OpenAPI schema, or just beyond it.
struct BoundaryValue {
    let json: String
    /// The value's place in the text.
    let pointer: String
    /// Whether the value is within the bound.
    let isValid: Bool

    func mapped(_ wrap: (String) -> String) -> BoundaryValue {
        BoundaryValue(json: wrap(json), pointer: pointer, isValid: isValid)
    }
}

/// Generates the values at the bounds of the schemas of an OpenAPI document.
final class BoundaryGenerator {
    typealias Schema = [String: Any]

    private let schemas: [String: Schema]
    /// The named schemas that were visited.
    private(set) var visited: Set<String> = []

    init(schemas: [String: Schema]) {
        self.schemas = schemas
    }

    /// Texts for the schema of this name, each with one value at a bound: the bound itself, and one step beyond it.
    func values(of name: String) -> [BoundaryValue] {
        values(["$ref": "#/components/schemas/" + name], at: "")
    }

    private func values(_ schema: Schema, at pointer: String) -> [BoundaryValue] {
        let schema = resolved(schema)
        let alternatives = (schema["anyOf"] ?? schema["oneOf"]) as? [Schema] ?? []
        if !alternatives.isEmpty { return alternatives.flatMap { values($0, at: pointer) } }
        switch type(schema) {
        case "integer", "number": return numbers(schema, at: pointer)
        case "string": return texts(schema, at: pointer)
        case "array": return lists(schema, at: pointer)
        case "object": return members(schema, at: pointer) + entries(schema, at: pointer)
        default: return []
        }
    }

    private func resolved(_ schema: Schema) -> Schema {
        guard let reference = schema["$ref"] as? String else { return schema }
        let name = String(reference.split(separator: "/").last ?? "")
        visited.insert(name)
        return schemas[name] ?? [:]
    }

    /// The type besides null.
    private func type(_ schema: Schema) -> String? {
        schema["type"] as? String ?? (schema["type"] as? [String])?.first { $0 != "null" }
    }

    // MARK: Single values

    private func numbers(_ schema: Schema, at pointer: String) -> [BoundaryValue] {
        func value(_ json: String, _ isValid: Bool) -> BoundaryValue {
            BoundaryValue(json: json, pointer: pointer, isValid: isValid)
        }
        var values: [BoundaryValue] = []
        if type(schema) == "integer" {
            if let least = schema["minimum"] as? Int {
                values += [value("\(least)", true), value("\(least - 1)", false)]
            }
            if let most = schema["maximum"] as? Int {
                let beyond = most == .max ? "9223372036854775808" : "\(most + 1)"
                values += [value("\(most)", true), value(beyond, false)]
            }
        } else {
            if let least = schema["minimum"] as? Double {
                values += [value("\(least)", true), value("\(least.nextDown)", false)]
            }
            if let most = schema["maximum"] as? Double {
                values += [value("\(most)", true), value("\(most.nextUp)", false)]
            }
        }
        return values
    }

    /// The counts at both bounds, and one step beyond them.
    private func counts(_ schema: Schema, _ least: String, _ most: String) -> [(count: Int, isValid: Bool)] {
        var counts: [(Int, Bool)] = []
        if let least = schema[least] as? Int {
            counts.append((least, true))
            if least > 0 { counts.append((least - 1, false)) }
        }
        if let most = schema[most] as? Int { counts += [(most, true), (most + 1, false)] }
        return counts
    }

    private func texts(_ schema: Schema, at pointer: String) -> [BoundaryValue] {
        // The name of another entry. Only the engine checks whether the entry exists.
        if (schema["pattern"] as? String)?.hasPrefix("^#") == true { return [] }
        return counts(schema, "minLength", "maxLength").compactMap { count, isValid in
            // No time zone has a name of the maximum length.
            if isValid, schema["format"] as? String == "time-zone" { return nil }
            let text = quoted(Self.text(of: count, for: schema))
            return BoundaryValue(json: text, pointer: pointer, isValid: isValid)
        }
    }

    private static func text(of count: Int, for schema: Schema) -> String {
        let pattern = schema["pattern"] as? String ?? ""
        if schema["format"] as? String == "cron" {
            let minutes =
                String(repeating: "0,", count: max(0, count - 9) / 2) + (count % 2 == 0 ? "10" : "0")
            return minutes + " * * * *"
        }
        if pattern.hasPrefix("^[Hh]"), count >= 8 {
            return "http://a" + String(repeating: "a", count: min(count - 8, 60))
                + (count > 68 ? "/" + String(repeating: "a", count: count - 69) : "")
        }
        // Characters of two bytes, if the pattern allows all characters.
        let character = pattern.isEmpty || pattern == "^[^\\u0000]*$" ? "é" : "a"
        return String(repeating: character, count: count)
    }

    private func quoted(_ text: String) -> String { "\"\(text)\"" }

    // MARK: Lists and objects

    private func lists(_ schema: Schema, at pointer: String) -> [BoundaryValue] {
        let items = schema["items"] as? Schema ?? [:]
        return counts(schema, "minItems", "maxItems").map { count, isValid in
            BoundaryValue(json: list(of: items, count), pointer: pointer, isValid: isValid)
        } + values(items, at: pointer + "/0").map { $0.mapped { "[\($0)]" } }
    }

    private func list(of items: Schema, _ count: Int) -> String {
        "[" + (0..<count).map { example(items, $0) }.joined(separator: ",") + "]"
    }

    private func members(_ schema: Schema, at pointer: String) -> [BoundaryValue] {
        let properties = schema["properties"] as? [String: Schema] ?? [:]
        return properties.sorted { $0.key < $1.key }.flatMap { name, property in
            values(property, at: "\(pointer)/\(name)").map { value in
                value.mapped { json in
                    var members = required(schema)
                    // `wait_for` must not exceed the number of dependencies.
                    if name == "join", let jobs = properties["depends_on"]?["items"] as? Schema {
                        members["depends_on"] = list(of: jobs, 1000)
                    }
                    members[name] = json
                    return object(members)
                }
            }
        }
    }

    private func entries(_ schema: Schema, at pointer: String) -> [BoundaryValue] {
        guard let values = schema["additionalProperties"] as? Schema else { return [] }
        let names = schema["propertyNames"] as? Schema ?? [:]
        let value = example(values, 0)
        let counts = counts(schema, "minProperties", "maxProperties").map { count, isValid in
            let members = Dictionary(uniqueKeysWithValues: (0..<count).map { ("k\($0)", value) })
            return BoundaryValue(json: object(members), pointer: pointer, isValid: isValid)
        }
        let keys = self.counts(names, "minLength", "maxLength").map { count, isValid in
            let key = Self.text(of: count, for: names)
            return BoundaryValue(json: object([key: value]), pointer: "\(pointer)/\(key)", isValid: isValid)
        }
        return counts + keys
            + self.values(values, at: pointer + "/k").map { $0.mapped { object(["k": $0]) } }
    }

    private func object(_ members: [String: String]) -> String {
        "{" + members.map { "\(quoted($0)):\($1)" }.joined(separator: ",") + "}"
    }

    // MARK: Examples

    private func required(_ schema: Schema) -> [String: String] {
        let properties = schema["properties"] as? [String: Schema] ?? [:]
        return (schema["required"] as? [String] ?? []).reduce(into: [:]) { members, name in
            members[name] = example(properties[name] ?? [:], 0)
        }
    }

    /// The smallest text that a schema allows. IDs differ by the number.
    private func example(_ schema: Schema, _ number: Int) -> String {
        let schema = resolved(schema)
        if let words = schema["enum"] as? [Any], let word = words.last(where: { $0 is String }) {
            return quoted("\(word)")
        }
        if let first = ((schema["anyOf"] ?? schema["oneOf"]) as? [Schema])?.first {
            return example(first, number)
        }
        switch (type(schema), schema["format"] as? String) {
        case ("string", "uuid"): return quoted("00000000-0000-7000-8000-" + String(format: "%012x", number))
        case ("string", "date-time"): return quoted("2030-01-01T00:00:00Z")
        case ("string", "cron"): return quoted("@daily")
        case ("string", "time-zone"): return quoted("UTC")
        case ("string", _): return quoted(Self.text(of: schema["minLength"] as? Int ?? 0, for: schema))
        case ("integer", _), ("number", _): return "\(schema["minimum"] ?? 0)"
        case ("boolean", _): return "false"
        case ("array", _):
            return list(of: schema["items"] as? Schema ?? [:], schema["minItems"] as? Int ?? 0)
        case ("object", _): return object(required(schema))
        default: return "null"
        }
    }
}
