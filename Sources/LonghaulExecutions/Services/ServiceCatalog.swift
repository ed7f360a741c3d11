import CServiceModels
import LonghaulStates

/// The AWS services that tasks may call, if the operator allows them.
struct ServiceCatalog: Sendable {
    private let models: [String: ServiceModel]

    /// The services of which the server has models.
    static let shared = ServiceCatalog(
        parsing: Array(
            UnsafeBufferPointer(start: longhaul_call_models, count: longhaul_call_models_length)))

    private init(parsing bytes: [UInt8]) {
        let services = (try? StateValue(parsing: bytes))?.object ?? StateObject()
        models = Dictionary(
            services.members.map { ($0, ServiceModel($1)) }, uniquingKeysWith: { first, _ in first })
    }

    /// The names of the services, in order.
    var names: [String] { models.keys.sorted() }

    subscript(name: String) -> ServiceModel? { models[name] }

    /// The name of the service with this name in the integrations of the AWS SDK: `eventbridge` is `events`.
    func name(sdk name: String) -> String? {
        models.first { $0.value.id.filter { $0 != " " }.lowercased() == name }?.key
    }
}

extension ServiceModel {
    fileprivate init(_ value: StateValue) {
        id = value["id"]?.string ?? ""
        version = value["version"]?.string ?? ""
        signingName = value["signing_name"]?.string ?? ""
        endpoint = value["endpoint"]?.string ?? ""
        namespace = value["namespace"]?.string
        encoding =
            switch value["protocol"]?.string {
            case "query": .query
            case "rest-json": .restJSON
            case "rest-xml": .restXML
            default:
                .json(version: value["json_version"]?.string ?? "1.1", target: value["target"]?.string ?? "")
            }
        operations = ServiceModel.table(value["operations"]) { Operation($0) }
        errors = ServiceModel.table(value["errors"]) { $0.string ?? "" }
        shapes = ServiceModel.table(value["shapes"]) { ServiceShape($0) }
    }

    private static func table<Element>(
        _ value: StateValue?, _ element: (StateValue) -> Element
    ) -> [String: Element] {
        let members = (value?.object ?? StateObject()).members
        return Dictionary(members.map { ($0, element($1)) }, uniquingKeysWith: { first, _ in first })
    }
}

extension ServiceModel.Operation {
    fileprivate init(_ value: StateValue) {
        method = value["method"]?.string ?? "POST"
        uri = value["uri"]?.string ?? "/"
        input = value["input"]?.string.map { ServiceType($0) }
        output = value["output"]?.string.map { ServiceType($0) }
        wrapper = value["wrapper"]?.string
        needsChecksum = value["needs_checksum"]?.bool == true
    }
}

extension ServiceShape {
    fileprivate init(_ value: StateValue) {
        let of = ServiceType(value["of"]?.string ?? ":string")
        let isFlattened = value["flattened"]?.bool == true
        switch value["type"]?.string {
        case "list":
            self = .list(List(of: of, elementName: value["name"]?.string, isFlattened: isFlattened))
        case "map":
            self = .map(
                Map(
                    of: of, keyName: value["key"]?.string ?? "key",
                    valueName: value["value"]?.string ?? "value",
                    isFlattened: isFlattened))
        default:
            self = .structure(
                Structure(
                    members: (value["members"]?.object ?? StateObject()).members.map { Member($0, $1) },
                    required: (value["required"]?.array ?? []).compactMap(\.string),
                    payload: value["payload"]?.string))
        }
    }
}

extension ServiceShape.Member {
    fileprivate init(_ name: String, _ value: StateValue) {
        self.name = name
        type = ServiceType(value.string ?? value["shape"]?.string ?? ":string")
        location = value["location"]?.string.flatMap { Location(rawValue: $0) } ?? .body
        wireName = value["name"]?.string ?? name
        isFlattened = value["flattened"]?.bool == true
        isIdempotencyToken = value["idempotencyToken"]?.bool == true
        namespace = value["namespace"]?.string
    }
}
