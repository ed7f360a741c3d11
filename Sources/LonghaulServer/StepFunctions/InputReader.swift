import LonghaulExecutions
import LonghaulJSON
import LonghaulStates

/// Reads the input of an operation from the body of a request, and checks it with the model of the service.
///
/// A body that does not have the form of the input is a `SerializationException`. An input that breaks constraints is a
/// `ValidationException`, which lists all of them. Unknown members are ignored, and members with `null` count as absent,
/// as on AWS.
struct InputReader {
    /// The maximum nesting of a body. Inputs nest six deep.
    static let maxDepth = 32
    /// The maximum number of constraints that a message lists.
    private static let maxViolations = 10

    private let model: RequestModel
    /// The first violations.
    private var violations: [String] = []
    private var violationCount = 0

    private init(_ model: RequestModel) {
        self.model = model
    }

    /// The input of an operation.
    ///
    /// - Throws: `SerializationException`, `ValidationException`.
    static func read(
        _ operation: String, _ body: [UInt8], _ model: RequestModel
    ) throws(ServiceError) -> StateObject {
        guard let shape = model.input(of: operation) else { return StateObject() }
        let value: StateValue
        do {
            value = try StateValue(parsing: body)
        } catch {
            throw .serialization("The body is not valid JSON: \(error.message)")
        }
        guard !JSONText(validated: body).isNested(deeperThan: maxDepth) else {
            throw .serialization("The body is nested more than \(maxDepth) deep")
        }
        var reader = InputReader(model)
        let input = try reader.structure(value, shape, at: "")
        try reader.throwViolations()
        return input
    }

    private func throwViolations() throws(ServiceError) {
        guard !violations.isEmpty else { return }
        let count = violationCount
        let shown = violations.joined(separator: "; ")
        throw .invalid("\(count) validation error\(count == 1 ? "" : "s") detected: \(shown)")
    }

    // MARK: Form

    private mutating func value(
        _ value: StateValue, _ shape: RequestModel.Shape, at path: String
    ) throws(ServiceError) -> StateValue {
        switch shape.type {
        case "structure": return .object(try structure(value, shape, at: path))
        case "list": return .array(try list(value, shape, at: path))
        case "string": check(try string(value), shape, at: path)
        case "boolean":
            guard value.bool != nil else { throw Self.mismatch(value, "Boolean") }
        default: return try number(value, shape, at: path)
        }
        return value
    }

    private mutating func structure(
        _ value: StateValue, _ shape: RequestModel.Shape, at path: String
    ) throws(ServiceError) -> StateObject {
        guard let given = value.object else {
            if value.array != nil { throw .serialization("Start of list found where not expected") }
            throw .serialization("Unexpected value type in payload")
        }
        var members = StateObject()
        for (name, inner) in shape.members {
            let place = path.isEmpty ? name : "\(path).\(name)"
            guard let member = given[name], !member.isNull, let inner = model[inner] else {
                if shape.required.contains(name) { addNull(place) }
                continue
            }
            members[name] = try self.value(member, inner, at: place)
        }
        return members
    }

    private mutating func list(
        _ value: StateValue, _ shape: RequestModel.Shape, at path: String
    ) throws(ServiceError) -> [StateValue] {
        guard let given = value.array else {
            if value.object != nil {
                throw .serialization("Start of structure or map found where not expected")
            }
            throw .serialization("Unexpected field type")
        }
        checkLength(given.count, shape, of: value, at: path)
        guard let element = shape.element.flatMap({ model[$0] }) else { return given }
        var elements: [StateValue] = []
        for (index, item) in given.enumerated() {
            let place = "\(path).\(index + 1).member"
            if item.isNull {
                addNull(place)
            } else {
                elements.append(try self.value(item, element, at: place))
            }
        }
        return elements
    }

    private func string(_ value: StateValue) throws(ServiceError) -> String {
        guard let text = value.string else { throw Self.mismatch(value, "String") }
        return text
    }

    private mutating func number(
        _ value: StateValue, _ shape: RequestModel.Shape, at path: String
    ) throws(ServiceError) -> StateValue {
        guard let number = value.number else { throw Self.mismatch(value, Self.javaType(shape.type)) }
        checkRange(number.double, shape, shown: number.text, at: path)
        guard shape.type == "integer" || shape.type == "long" else { return value }
        let bounds = shape.type == "integer" ? Int64(Int32.min)...Int64(Int32.max) : Int64.min...Int64.max
        guard let integer = number.int64, bounds.contains(integer) else {
            throw Self.mismatch(value, Self.javaType(shape.type))
        }
        return .number(.integer(integer))
    }

    private static func javaType(_ type: String) -> String { type.prefix(1).uppercased() + type.dropFirst() }

    /// AWS's text for a value of another type.
    private static func mismatch(_ value: StateValue, _ expected: String) -> ServiceError {
        let found: String
        switch value {
        case .array: return .serialization("Start of list found where not expected")
        case .object: return .serialization("Start of structure or map found where not expected")
        case .string: found = "STRING_VALUE"
        case .bool(let bool): found = bool ? "TRUE_VALUE" : "FALSE_VALUE"
        case .number(let number): found = number.isInteger ? "NUMBER_VALUE" : "DECIMAL_VALUE"
        case .null: found = "NULL_VALUE"
        }
        return .serialization("\(found) cannot be converted to \(expected)")
    }
}

// MARK: Constraints

extension InputReader {
    /// The maximum length of a value in a message, in characters.
    private static let maxShown = 1024

    private mutating func check(_ text: String, _ shape: RequestModel.Shape, at path: String) {
        let value = StateValue.string(text)
        checkLength(text.unicodeScalars.count, shape, of: value, at: path)
        if !shape.values.isEmpty, !shape.values.contains(text) {
            let set = shape.values.joined(separator: ", ")
            add(value, shape, at: path, "Member must satisfy enum value set: [\(set)]")
        }
        // Patterns belong to short texts. A text that is too long has its violation already.
        let length = shape.max.map { Int($0) } ?? .max
        if let pattern = shape.pattern, text.utf8.count <= length, !Self.matches(text, pattern) {
            add(value, shape, at: path, "Member must satisfy regular expression pattern: \(pattern)")
        }
    }

    private mutating func checkLength(
        _ count: Int, _ shape: RequestModel.Shape, of value: StateValue, at path: String
    ) {
        if let max = shape.max, Double(count) > max {
            add(value, shape, at: path, "Member must have length less than or equal to \(Int(max))")
        }
        if let min = shape.min, Double(count) < min {
            add(value, shape, at: path, "Member must have length greater than or equal to \(Int(min))")
        }
    }

    private mutating func checkRange(
        _ number: Double, _ shape: RequestModel.Shape, shown: String, at path: String
    ) {
        if let max = shape.max, number > max {
            add(.string(shown), shape, at: path, "Member must have value less than or equal to \(Int(max))")
        }
        if let min = shape.min, number < min {
            add(
                .string(shown), shape, at: path, "Member must have value greater than or equal to \(Int(min))"
            )
        }
    }

    private mutating func addNull(_ path: String) {
        add("Value null at '\(path)' failed to satisfy constraint: Member must not be null")
    }

    /// Counts a violation. A body may have a million of them.
    private mutating func add(_ violation: @autoclosure () -> String) {
        violationCount += 1
        if violations.count < Self.maxViolations { violations.append(violation()) }
    }

    private mutating func add(
        _ value: StateValue, _ shape: RequestModel.Shape, at path: String, _ constraint: String
    ) {
        add(Self.violation(value, shape, at: path, constraint))
    }

    private static func violation(
        _ value: StateValue, _ shape: RequestModel.Shape, at path: String, _ constraint: String
    ) -> String {
        let shown = shape.isSensitive ? "" : "'\(shown(value))' "
        return "Value \(shown)at '\(path)' failed to satisfy constraint: \(constraint)"
    }

    private static func shown(_ value: StateValue) -> String {
        let text = value.string ?? String(decoding: value.json.bytes, as: UTF8.self)
        return String(text.unicodeScalars.prefix(maxShown).map(Character.init))
    }

    private static func matches(_ text: String, _ pattern: String) -> Bool {
        guard let expression = try? Regex(pattern).matchingSemantics(.unicodeScalar) else { return false }
        return (try? expression.wholeMatch(in: text)) != nil
    }
}

extension ServiceError {
    /// The body does not have the form of the input.
    static func serialization(_ message: String) -> ServiceError {
        ServiceError("SerializationException", message)
    }
}
