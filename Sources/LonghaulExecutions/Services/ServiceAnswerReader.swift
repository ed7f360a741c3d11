import LonghaulAWS
import LonghaulStates

/// Reads the successful answers of an operation of an AWS service.
struct ServiceAnswerReader: Sendable {
    private let model: ServiceModel
    private let operation: ServiceModel.Operation

    init(_ model: ServiceModel, _ operation: ServiceModel.Operation) {
        self.model = model
        self.operation = operation
    }

    /// The output, with the names that tasks use. Members that are null are left out.
    func output(_ response: TaskResponse) -> StateObject {
        guard let type = operation.output, case .structure(let structure)? = model.shape(type) else {
            return StateObject()
        }
        var output = body(response, type, structure)
        for member in structure.members {
            guard let value = field(member, response) else { continue }
            output[SDKNames.capitalized(member.name)] = value
        }
        return output
    }

    private func body(
        _ response: TaskResponse, _ type: ServiceType, _ structure: ServiceShape.Structure
    ) -> StateObject {
        if let name = structure.payload, let member = structure.member(name) {
            guard !response.body.isEmpty, let value = payload(response.body, member.type) else {
                return StateObject()
            }
            return StateObject([(SDKNames.capitalized(name), value)])
        }
        if model.isJSON {
            let value = (try? StateValue(parsing: response.body)) ?? .null
            return self.value(value, type).object ?? StateObject()
        }
        let root = XMLElement(parsing: response.body)
        let element = operation.wrapper.flatMap { root?.first($0) } ?? root
        return element.flatMap { value($0, type).object } ?? StateObject()
    }

    private func payload(_ bytes: [UInt8], _ type: ServiceType) -> StateValue? {
        guard model.shape(type) != nil else { return .string(String(decoding: bytes, as: UTF8.self)) }
        if model.isJSON { return (try? StateValue(parsing: bytes)).map { value($0, type) } }
        return XMLElement(parsing: bytes).map { value($0, type) }
    }

    /// A member that is in a header field or in the status.
    private func field(_ member: ServiceShape.Member, _ response: TaskResponse) -> StateValue? {
        switch member.location {
        case .header: return response.header(member.wireName).map { scalar($0, member.type) }
        case .headers:
            let prefix = member.wireName.lowercased()
            let fields = response.headers.filter { $0.name.lowercased().hasPrefix(prefix) }
            guard !fields.isEmpty else { return nil }
            return .members(fields.map { (String($0.name.dropFirst(prefix.count)), .string($0.value)) })
        case .statusCode: return .integer(response.status)
        case .body, .uri, .querystring: return nil
        }
    }

    // MARK: - JSON

    private func value(_ value: StateValue, _ type: ServiceType) -> StateValue {
        switch (type, model.shape(type)) {
        case (_, .structure(let structure)?):
            let fields = value.object ?? StateObject()
            let members: [(String, StateValue)] = structure.members.compactMap { member in
                guard let inner = fields[member.wireName], !inner.isNull else { return nil }
                return (SDKNames.capitalized(member.name), self.value(inner, member.type))
            }
            return .members(members)
        case (_, .list(let list)?): return .array((value.array ?? []).map { self.value($0, list.of) })
        case (_, .map(let map)?):
            let members = (value.object ?? StateObject()).members
            return .object(StateObject(members.map { ($0, self.value($1, map.of)) }))
        case (.timestamp, nil): return ServiceTime.text(value)
        default: return value
        }
    }

    // MARK: - XML

    private func value(_ element: XMLElement, _ type: ServiceType) -> StateValue {
        switch model.shape(type) {
        case .structure(let structure)?:
            return .members(
                structure.members.compactMap { member in
                    guard member.location == .body, let inner = value(of: member, in: element) else {
                        return nil
                    }
                    return (SDKNames.capitalized(member.name), inner)
                })
        case .list(let list)?: return .array(element.children.map { value($0, list.of) })
        case .map(let map)?: return entries(element.children, map)
        case nil: return scalar(element.text, type)
        }
    }

    private func value(of member: ServiceShape.Member, in element: XMLElement) -> StateValue? {
        switch model.shape(member.type) {
        case .list(let list)? where list.isFlattened || member.isFlattened:
            let elements = element.all(member.wireName)
            return elements.isEmpty ? nil : .array(elements.map { value($0, list.of) })
        case .map(let map)? where map.isFlattened || member.isFlattened:
            let elements = element.all(member.wireName)
            return elements.isEmpty ? nil : entries(elements, map)
        default: return element.first(member.wireName).map { value($0, member.type) }
        }
    }

    private func entries(_ elements: [XMLElement], _ map: ServiceShape.Map) -> StateValue {
        .members(
            elements.compactMap { entry in
                guard let key = entry.first(map.keyName), let inner = entry.first(map.valueName) else {
                    return nil
                }
                return (key.text, value(inner, map.of))
            })
    }

    private func scalar(_ text: String, _ type: ServiceType) -> StateValue {
        switch type {
        case .boolean: .bool(text == "true")
        case .integer, .float: .number(StateNumber(parsing: text))
        case .timestamp: ServiceTime.text(.string(text))
        default: .string(text)
        }
    }
}
