import CServiceModels
import LonghaulJSON
import LonghaulStates
import Synchronization

/// The AWS services that tasks may call, if the operator allows them. The model of a service is read at its first use.
final class ServiceCatalog: Sendable {
    /// The services of which the server has models: their names, and those in the integrations of the AWS SDK.
    static let sdkNames = [
        "dynamodb": "dynamodb", "events": "eventbridge", "kms": "kms", "lambda": "lambda", "s3": "s3",
        "secretsmanager": "secretsmanager", "sns": "sns", "sqs": "sqs",
    ]

    /// The services.
    static let shared = ServiceCatalog()

    private let models = Mutex<[String: ServiceModel]>([:])

    /// The model of a service; nil if there is none.
    subscript(name: String) -> ServiceModel? {
        models.withLock { models in
            if let model = models[name] { return model }
            models[name] = ServiceCatalog.read(name)
            return models[name]
        }
    }

    private static func read(_ name: String) -> ServiceModel? {
        let bytes = Array(
            UnsafeBufferPointer(start: longhaul_call_models, count: longhaul_call_models_length))
        guard let node = try? JSONDocument(lenientlyParsing: bytes).root[name] else { return nil }
        return ServiceModel(StateValue(node))
    }

    /// The name of the service with this name in the integrations of the AWS SDK: `eventbridge` is `events`.
    static func name(sdk name: String) -> String? { sdkNames.first { $0.value == name }?.key }
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
