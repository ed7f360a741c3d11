import LonghaulJSON
import LonghaulStates

/// Paths, queries, header fields and bodies of the REST protocols.
extension ServiceRequestWriter {
    /// Puts each member of an input in its place.
    func place(_ input: StateObject, in request: inout ServiceCallRequest) {
        let parts = operation.uri.split(separator: "?", maxSplits: 1)
        let template = String(parts.first ?? "/")
        request.path = template
        for item in parts.count > 1 ? parts[1].split(separator: "&") : [] {
            let pair = item.split(separator: "=", maxSplits: 1)
            request.query.append((String(pair[0]), pair.count > 1 ? String(pair[1]) : ""))
        }
        guard let type = operation.input, case .structure(let structure)? = model.shape(type) else { return }
        var body = StateObject()
        var labels: [String: String] = [:]
        for member in structure.members {
            guard let value = input[member.name] else { continue }
            if member.location == .uri { labels[member.wireName] = ServiceRequestWriter.text(value) }
            place(value, member, in: &request, &body)
        }
        request.path = ServiceRequestWriter.path(template, labels)
        write(body, structure, to: &request)
    }

    /// A path with values in place of `{Name}` and `{Name+}`.
    private static func path(_ template: String, _ labels: [String: String]) -> String {
        var path = ""
        for part in template.split(separator: "{", omittingEmptySubsequences: false) {
            guard let end = part.firstIndex(of: "}") else {
                path += part
                continue
            }
            let name = part[..<end]
            path += labels[String(name.hasSuffix("+") ? name.dropLast() : name)] ?? ""
            path += part[part.index(after: end)...]
        }
        return path
    }

    private func place(
        _ value: StateValue, _ member: ServiceShape.Member, in request: inout ServiceCallRequest,
        _ body: inout StateObject
    ) {
        let texts = (value.array ?? [value]).map { ServiceRequestWriter.text($0) }
        switch member.location {
        case .querystring where value.object != nil:
            for (name, inner) in (value.object ?? StateObject()).members {
                request.query.append((name, ServiceRequestWriter.text(inner)))
            }
        case .querystring: request.query += texts.map { (member.wireName, $0) }
        case .header:
            request.headers.append((member.wireName, texts.joined(separator: ", ")))
        case .headers:
            for (name, inner) in (value.object ?? StateObject()).members {
                request.headers.append((member.wireName + name, ServiceRequestWriter.text(inner)))
            }
        case .uri, .statusCode: break
        case .body: body[member.name] = value
        }
    }

    private func write(
        _ body: StateObject, _ structure: ServiceShape.Structure, to request: inout ServiceCallRequest
    ) {
        if let name = structure.payload {
            guard let value = body[name], let member = structure.member(name) else { return }
            guard model.shape(member.type) != nil else {
                request.body = Array(ServiceRequestWriter.text(value).utf8)
                return
            }
            setBody(value, member.type, member.wireName, member.namespace, &request)
        } else if let type = operation.input, structure.members.contains(where: { $0.location == .body }) {
            setBody(.object(body), type, "\(integration.operation)Request", model.namespace, &request)
        }
    }

    private func setBody(
        _ value: StateValue, _ type: ServiceType, _ root: String, _ namespace: String?,
        _ request: inout ServiceCallRequest
    ) {
        if model.encoding == .restXML {
            request.headers.append(("Content-Type", "application/xml"))
            request.body = ServiceXMLWriter(model).document(value, type, root: root, namespace: namespace)
        } else {
            request.headers.append(("Content-Type", "application/json"))
            request.body = wireNames(value, type).json.bytes
        }
    }

    /// A JSON body, whose members may have other names than in the model.
    private func wireNames(_ value: StateValue, _ type: ServiceType) -> StateValue {
        switch model.shape(type) {
        case .structure(let structure)?:
            let members = structure.members.compactMap { member in
                value.object?[member.name].map { (member.wireName, wireNames($0, member.type)) }
            }
            return .members(members)
        case .list(let list)?: return .array((value.array ?? []).map { wireNames($0, list.of) })
        case .map(let map)?:
            let members = (value.object ?? StateObject()).members
            return .object(StateObject(members.map { ($0, wireNames($1, map.of)) }))
        case nil: return value
        }
    }
}
