import LonghaulStates

/// Writes XML documents of requests.
struct ServiceXMLWriter: Sendable {
    private let model: ServiceModel

    init(_ model: ServiceModel) {
        self.model = model
    }

    /// A document with this root.
    func document(_ value: StateValue, _ type: ServiceType, root: String, namespace: String?) -> [UInt8] {
        var text = ""
        let attributes =
            (namespace ?? model.namespace).map { " xmlns=\"\(ServiceXMLWriter.escaped($0))\"" } ?? ""
        element(value, type, root, attributes, to: &text)
        return Array(text.utf8)
    }

    private func element(
        _ value: StateValue, _ type: ServiceType, _ name: String, _ attributes: String = "",
        to text: inout String
    ) {
        text += "<\(name)\(attributes)>"
        switch model.shape(type) {
        case .structure(let structure)?:
            for member in structure.members {
                if let inner = value.object?[member.name] { self.member(inner, member, to: &text) }
            }
        case .list(let list)?:
            for inner in value.array ?? [] {
                element(inner, list.of, list.elementName ?? "member", to: &text)
            }
        case .map(let map)?:
            for (key, inner) in (value.object ?? StateObject()).members {
                entry(key, inner, map, "entry", to: &text)
            }
        case nil: text += ServiceXMLWriter.escaped(ServiceRequestWriter.text(value))
        }
        text += "</\(name)>"
    }

    private func member(_ value: StateValue, _ member: ServiceShape.Member, to text: inout String) {
        switch model.shape(member.type) {
        case .list(let list)? where list.isFlattened || member.isFlattened:
            for inner in value.array ?? [] { element(inner, list.of, member.wireName, to: &text) }
        case .map(let map)? where map.isFlattened || member.isFlattened:
            for (key, inner) in (value.object ?? StateObject()).members {
                entry(key, inner, map, member.wireName, to: &text)
            }
        default: element(value, member.type, member.wireName, to: &text)
        }
    }

    private func entry(
        _ key: String, _ value: StateValue, _ map: ServiceShape.Map, _ name: String, to text: inout String
    ) {
        text += "<\(name)>"
        element(.string(key), .string, map.keyName, to: &text)
        element(value, map.of, map.valueName, to: &text)
        text += "</\(name)>"
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "\r": escaped += "&#13;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
