internal import LonghaulStates

/// The routing configuration of an alias, as the caller sends it.
struct Routing: Sendable, Hashable {
    /// The machine of all versions.
    let machine: String
    /// One or two versions with weights that add up to 100.
    let list: [AliasRecord.Route]

    static let otherMachine = "All versions of a routing configuration must belong to the same state machine"

    /// Reads a configuration.
    ///
    /// - Throws: `InvalidArn`, `ValidationException`.
    init(_ value: StateValue, _ names: ResourceNames) throws(ServiceError) {
        let routes = value.array ?? []
        guard (1...2).contains(routes.count) else {
            throw .invalidRouting("A routing configuration has one or two versions")
        }
        var machines: Set<String> = []
        var list: [AliasRecord.Route] = []
        for route in routes {
            let arn = route["stateMachineVersionArn"]?.string ?? ""
            guard case .version(let machine, let number) = try names.name(arn) else {
                throw names.wrongType(arn)
            }
            guard let weight = route["weight"]?.number?.int64, (0...100).contains(weight) else {
                throw .invalidRouting("The weight of a version must be between 0 and 100")
            }
            machines.insert(machine)
            list.append(AliasRecord.Route(version: number, weight: Int(weight)))
        }
        let arns = routes.compactMap { $0["stateMachineVersionArn"]?.string }.joined(separator: ", ")
        guard machines.count == 1, let machine = machines.first else {
            throw .invalidRouting(Routing.otherMachine)
        }
        guard Set(list.map(\.version)).count == list.count else {
            throw .invalidRouting(
                "Routing configuration must contain distinct state machine version ARNs. Received: [\(arns)]")
        }
        let sum = list.reduce(0) { $0 + $1.weight }
        guard sum == 100 else {
            throw .invalidRouting("Sum of routing configuration weights must equal 100. Received: \(sum)")
        }
        self.machine = machine
        self.list = list
    }
}

extension ServiceError {
    static func invalidRouting(_ message: String) -> ServiceError {
        .invalid(message, reason: "INVALID_ROUTING_CONFIGURATION")
    }

    /// A version or an alias that a request names is not there.
    static let noReference = ServiceError(
        "ResourceNotFound", "Request references a resource that does not exist.")
}
