import CServiceModels
import LonghaulStates

/// The operations of Step Functions and the shapes of their inputs, from AWS's model of the service.
struct RequestModel: Sendable {
    /// A type of values, with its limits.
    struct Shape: Sendable {
        /// The type: `string`, `integer`, `structure` and others.
        let type: String
        /// The shapes of the members of a structure, by name.
        let members: [(name: String, shape: String)]
        /// The members that a structure must have.
        let required: Set<String>
        /// The shape of the elements of a list.
        let element: String?
        /// The minimum length of a string or list, or the minimum of a number.
        let min: Double?
        /// The maximum length of a string or list, or the maximum of a number.
        let max: Double?
        /// The values that a string may have; empty for any.
        let values: [String]
        /// The regular expression that a string must match as a whole.
        let pattern: String?
        /// Whether messages must not show the value.
        let isSensitive: Bool

        init(_ value: StateValue) {
            type = value["type"]?.string ?? ""
            members = (value["members"]?.object ?? StateObject()).members.map { ($0, $1.string ?? "") }
            required = Set((value["required"]?.array ?? []).compactMap(\.string))
            element = value["of"]?.string
            min = value["min"]?.number?.double
            max = value["max"]?.number?.double
            values = (value["enum"]?.array ?? []).compactMap(\.string)
            pattern = value["pattern"]?.string
            isSensitive = value["sensitive"]?.bool == true
        }
    }

    /// The word before the name of an operation in the field `X-Amz-Target`.
    let target: String
    /// The name of the service in signatures.
    let signingName: String
    /// The shape of the input of each operation.
    private let inputs: [String: String]
    private let shapes: [String: Shape]

    /// The model that is built into the binary.
    static let embedded: RequestModel = {
        let bytes = Array(
            UnsafeBufferPointer(start: longhaul_request_models, count: longhaul_request_models_length))
        guard let model = try? RequestModel(parsing: bytes) else {
            fatalError("the request model is not valid JSON")
        }
        return model
    }()

    /// Reads a model.
    init(parsing bytes: [UInt8]) throws {
        let model = try StateValue(parsing: bytes)
        target = model["target"]?.string ?? ""
        signingName = model["signing_name"]?.string ?? ""
        let inputs = model["operations"]?.object ?? StateObject()
        self.inputs = inputs.members.reduce(into: [:]) { $0[$1.0] = $1.1.string }
        let shapes = model["shapes"]?.object ?? StateObject()
        self.shapes = shapes.members.reduce(into: [:]) { $0[$1.0] = Shape($1.1) }
    }

    /// The names of all operations.
    var operations: Set<String> { Set(inputs.keys) }

    /// The operation that a field `X-Amz-Target` names; nil if there is none.
    func operation(ofTarget text: String) -> String? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == target, inputs[String(parts[1])] != nil else { return nil }
        return String(parts[1])
    }

    /// The shape of the input of an operation.
    func input(of operation: String) -> Shape? { inputs[operation].flatMap { shapes[$0] } }

    /// A shape by its name.
    subscript(name: String) -> Shape? { shapes[name] }
}
