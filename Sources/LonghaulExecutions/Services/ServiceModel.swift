import LonghaulStates

/// The model of an AWS service: its protocol, its operations, and the shapes of their inputs and outputs.
struct ServiceModel: Sendable {
    /// How requests and answers are written.
    enum Encoding: Sendable, Hashable {
        /// A JSON object; a header field names the operation.
        case json(version: String, target: String)
        /// A form, and an answer in XML.
        case query
        /// Paths, queries and header fields, with a body in JSON.
        case restJSON
        /// Paths, queries and header fields, with a body in XML.
        case restXML
    }

    /// An operation.
    struct Operation: Sendable {
        let method: String
        /// The path, with `{Member}` in place of members of the input.
        let uri: String
        let input: ServiceType?
        let output: ServiceType?
        /// The element of an answer of the query protocol that has the output.
        let wrapper: String?
        /// Whether the service expects a checksum of the body.
        let needsChecksum: Bool
    }

    /// The ID of the service: `Secrets Manager`.
    let id: String
    let encoding: Encoding
    /// The version of the API: a date.
    let version: String
    /// The name of the service in signatures.
    let signingName: String
    /// The first label of the host.
    let endpoint: String
    /// The namespace of XML documents.
    let namespace: String?
    let operations: [String: Operation]
    /// The names of the shapes of errors, by code.
    let errors: [String: String]
    let shapes: [String: ServiceShape]

    /// The operation that a task names: `putItem`.
    func operation(_ action: String) -> Operation? { operations[SDKNames.capitalized(action)] }

    /// The shape of a type; nil for a scalar.
    func shape(_ type: ServiceType) -> ServiceShape? {
        guard case .shape(let name) = type else { return nil }
        return shapes[name]
    }
}

extension ServiceModel {
    /// Whether requests and answers are JSON.
    var isJSON: Bool {
        switch encoding {
        case .json, .restJSON: true
        case .query, .restXML: false
        }
    }
}

/// The type of a value: a scalar, or the name of a shape.
enum ServiceType: Sendable, Hashable {
    case string, blob, timestamp, boolean, integer, float
    case shape(String)

    init(_ text: String) {
        switch text {
        case ":string": self = .string
        case ":blob": self = .blob
        case ":timestamp": self = .timestamp
        case ":boolean": self = .boolean
        case ":integer": self = .integer
        case ":float": self = .float
        default: self = .shape(text)
        }
    }
}

/// A shape that has members or elements.
enum ServiceShape: Sendable {
    case structure(Structure)
    case list(List)
    case map(Map)

    /// An object with known members.
    struct Structure: Sendable {
        let members: [Member]
        let required: [String]
        /// The member that is the body.
        let payload: String?

        /// A member, by the name that tasks use: the first letter may have either case.
        func member(_ name: String) -> Member? {
            let capitalized = SDKNames.capitalized(name)
            return members.first { SDKNames.capitalized($0.name) == capitalized }
        }
    }

    /// A member of a structure.
    struct Member: Sendable {
        /// Where a member is in a request or in an answer.
        enum Location: String, Sendable {
            case body, uri, querystring, header, headers, statusCode
        }

        let name: String
        let type: ServiceType
        let location: Location
        /// The name of the field, element or parameter.
        let wireName: String
        let isFlattened: Bool
        let isIdempotencyToken: Bool
        let namespace: String?
    }

    /// An array.
    struct List: Sendable {
        let of: ServiceType
        let elementName: String?
        let isFlattened: Bool
    }

    /// An object with any members.
    struct Map: Sendable {
        let of: ServiceType
        let keyName: String
        let valueName: String
        let isFlattened: Bool
    }
}
