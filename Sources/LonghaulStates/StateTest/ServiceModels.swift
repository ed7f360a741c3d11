internal import LonghaulJSON

/// The shapes of what AWS services answer, to check mocked results of Task states with.
///
/// It reads the JSON that `CServiceModels` embeds: services by name, each with its operations and shapes.
public struct ServiceModels: Sendable {
    private let services: StateValue

    /// How strictly a mocked result is checked.
    public enum Validation: String, Sendable {
        /// Required members must be there; the default.
        case strict = "STRICT"
        /// Members that are there must be valid.
        case present = "PRESENT"
        /// Nothing is checked.
        case none = "NONE"
    }

    /// Reads models.
    ///
    /// - Throws: ``DefinitionError`` if they are not valid JSON.
    public init(parsing bytes: [UInt8]) throws(DefinitionError) {
        do {
            services = try StateValue(parsing: bytes)
        } catch {
            throw DefinitionError("The service models are not valid: \(error.message)")
        }
    }

    /// What is wrong with a mocked result, in AWS's words; nil if it is valid, or the operation is not known.
    public func problem(
        of result: StateValue, for resource: TaskResource, _ validation: Validation
    ) -> String? {
        guard validation != .none, case .service(let name, let action) = resource.kind else { return nil }
        guard let service = services[ServiceModels.modelName(name)],
            let answer = service["operations"]?[ServiceModels.pascal(action)]?.string
        else { return nil }
        let check = ShapeCheck(
            shapes: service["shapes"] ?? .null, requiresMembers: validation == .strict,
            // The integration itself parses the payload of a function.
            anyMember: name == "lambda" ? "Payload" : nil)
        return check.problem(of: result, shape: answer, field: nil).map {
            "Mock result schema validation error: \($0)"
        }
    }

    /// The name of a service's model, for the name of its integration.
    private static func modelName(_ name: String) -> String {
        let plain = name.hasPrefix("aws-sdk:") ? String(name.dropFirst("aws-sdk:".count)) : name
        return ["states": "stepfunctions", "sfn": "stepfunctions", "eventbridge": "events"][plain] ?? plain
    }

    fileprivate static func pascal(_ name: String) -> String {
        name.prefix(1).uppercased() + name.dropFirst()
    }
}

/// Checks values with shapes.
private struct ShapeCheck {
    let shapes: StateValue
    let requiresMembers: Bool
    /// A member whose value may be anything.
    let anyMember: String?

    func problem(of value: StateValue, shape name: String, field: String?) -> String? {
        guard let shape = shapes[name], let type = shape["type"]?.string, !value.isNull else { return nil }
        let label = field.map { "Field '\($0)'" } ?? "Result"
        switch type {
        case "structure": return structure(value, shape, label)
        case "list":
            guard let elements = value.array else { return "\(label) must be an array" }
            return firstProblem(elements, shape, field) ?? size(elements.count, shape, label)
        case "map":
            guard let object = value.object else { return "\(label) must be an object" }
            return firstProblem(object.values, shape, field)
        case "string", "blob", "timestamp":
            guard let text = value.string else { return "\(label) must be a string" }
            return type == "timestamp" ? nil : string(text, shape, label)
        case "boolean": return value.bool == nil ? "\(label) must be a boolean" : nil
        default:
            guard let number = value.number else { return "\(label) must be a number" }
            return range(number.double, shape, label)
        }
    }

    private func firstProblem(_ values: [StateValue], _ shape: StateValue, _ field: String?) -> String? {
        guard let inner = shape["of"]?.string else { return nil }
        return values.lazy.compactMap { problem(of: $0, shape: inner, field: field) }.first
    }

    /// Members that the shape does not have are allowed.
    private func structure(_ value: StateValue, _ shape: StateValue, _ label: String) -> String? {
        guard let object = value.object else { return "\(label) must be an object" }
        if requiresMembers {
            let missing = (shape["required"]?.array ?? []).compactMap(\.string).first { object[$0] == nil }
            if let missing { return "Required field '\(missing)' is missing" }
        }
        for (name, member) in object.members where name != anyMember {
            guard let inner = shape["members"]?[name]?.string else { continue }
            if let problem = problem(of: member, shape: inner, field: name) { return problem }
        }
        return nil
    }

    private func string(_ text: String, _ shape: StateValue, _ label: String) -> String? {
        if let values = shape["enum"]?.array, !values.contains(.string(text)) {
            return "\(label) is not an expected value"
        }
        return size(text.unicodeScalars.count, shape, label)
    }

    private func size(_ count: Int, _ shape: StateValue, _ label: String) -> String? {
        if let least = shape["min"]?.number?.double, Double(count) < least {
            return "\(label) is smaller than the minimum length"
        }
        if let most = shape["max"]?.number?.double, Double(count) > most {
            return "\(label) exceeds the maximum length"
        }
        return nil
    }

    private func range(_ number: Double, _ shape: StateValue, _ label: String) -> String? {
        if let least = shape["min"]?.number?.double, number < least {
            return "\(label) is less than the minimum value"
        }
        if let most = shape["max"]?.number?.double, number > most {
            return "\(label) exceeds the maximum value"
        }
        return nil
    }
}
