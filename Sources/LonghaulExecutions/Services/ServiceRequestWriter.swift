import FoundationEssentials
import LonghaulCore
import LonghaulJSON
import LonghaulStates

/// Writes the requests of an operation of an AWS service.
struct ServiceRequestWriter: Sendable {
    let integration: ServiceIntegration
    let operation: ServiceModel.Operation
    private let token: String

    var model: ServiceModel { integration.model }

    /// - Parameter token: the value of a member that makes the request safe to repeat, if the task does not set it.
    init(_ integration: ServiceIntegration, _ operation: ServiceModel.Operation, token: String) {
        self.integration = integration
        self.operation = operation
        self.token = token
    }

    /// A request with these parameters.
    func request(_ parameters: StateValue) -> ServiceCallRequest {
        let input = wireValue(parameters, operation.input).object ?? StateObject()
        var request = ServiceCallRequest(
            serviceID: model.id, signingName: model.signingName, endpoint: model.endpoint,
            operation: integration.operation, method: operation.method, path: operation.uri)
        switch model.encoding {
        case .json(let version, let target):
            request.headers = [
                ("Content-Type", "application/x-amz-json-\(version)"),
                ("X-Amz-Target", "\(target).\(integration.operation)"),
            ]
            request.body = StateValue.object(input).json.bytes
        case .query:
            var items = [("Action", integration.operation), ("Version", model.version)]
            addForm(.object(input), operation.input, "", to: &items)
            request.headers = [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")]
            let form = items.map { "\(PercentEncoding.encode($0.0))=\(PercentEncoding.encode($0.1))" }
            request.body = Array(form.joined(separator: "&").utf8)
        case .restJSON, .restXML: place(input, in: &request)
        }
        if operation.needsChecksum {
            request.headers.append(("X-Amz-Sdk-Checksum-Algorithm", "SHA256"))
            request.headers.append(
                ("X-Amz-Checksum-Sha256", Data(SHA256.digest(request.body)).base64EncodedString()))
        }
        return request
    }

    // MARK: - Values

    /// A value with the names of the model. Members that are null, or that the model does not have, are left out.
    private func wireValue(_ value: StateValue, _ type: ServiceType?) -> StateValue {
        guard let type else { return .null }
        switch (type, model.shape(type)) {
        case (_, .structure(let structure)?):
            var object = StateObject()
            for (name, inner) in (value.object ?? StateObject()).members where !inner.isNull {
                guard let member = structure.member(name) else { continue }
                object[member.name] = wireValue(inner, member.type)
            }
            for member in structure.members where member.isIdempotencyToken && object[member.name] == nil {
                object[member.name] = .string(token)
            }
            return .object(object)
        case (_, .list(let list)?): return .array((value.array ?? []).map { wireValue($0, list.of) })
        case (_, .map(let map)?):
            let members = (value.object ?? StateObject()).members
            return .object(StateObject(members.map { ($0, wireValue($1, map.of)) }))
        // A text may be given as JSON: the body of a message.
        case (.string, nil), (.blob, nil):
            return value.string == nil ? .string(value.json.description) : value
        case (.timestamp, nil): return model.isJSON ? ServiceTime.seconds(value) : value
        default: return value
        }
    }

    // MARK: - Forms

    private func addForm(
        _ value: StateValue, _ type: ServiceType?, _ prefix: String, to items: inout [(String, String)]
    ) {
        guard let type, let shape = model.shape(type) else {
            return items.append((prefix, ServiceRequestWriter.text(value)))
        }
        switch shape {
        case .structure(let structure):
            for member in structure.members {
                guard let inner = value.object?[member.name] else { continue }
                let name = prefix.isEmpty ? member.wireName : "\(prefix).\(member.wireName)"
                addForm(inner, member.type, name, to: &items)
            }
        case .list(let list):
            let name = list.isFlattened ? prefix : "\(prefix).\(list.elementName ?? "member")"
            for (index, element) in (value.array ?? []).enumerated() {
                addForm(element, list.of, "\(name).\(index + 1)", to: &items)
            }
        case .map(let map):
            let name = map.isFlattened ? prefix : "\(prefix).entry"
            for (index, (key, inner)) in (value.object ?? StateObject()).members.enumerated() {
                items.append(("\(name).\(index + 1).\(map.keyName)", key))
                addForm(inner, map.of, "\(name).\(index + 1).\(map.valueName)", to: &items)
            }
        }
    }

    static func text(_ value: StateValue) -> String { value.string ?? value.json.description }
}
