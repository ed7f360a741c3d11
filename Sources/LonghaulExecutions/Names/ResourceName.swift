/// What an ARN of Step Functions names.
public enum ResourceName: Sendable, Hashable {
    /// A state machine.
    case machine(String)
    /// A distributed map of a state machine: `stateMachine:orders/eachOrder`.
    case map(machine: String, label: String)
    /// A version of a state machine: `stateMachine:orders:3`.
    case version(machine: String, number: Int)
    /// An alias of a state machine: `stateMachine:orders:live`.
    case alias(machine: String, name: String)
    /// An activity.
    case activity(String)
    /// An execution of a standard machine. Children of a map run have the label of the map.
    case execution(machine: String, label: String?, name: String)
    /// An execution of an Express machine.
    case expressExecution(machine: String, label: String?, name: String, id: String)
    /// A map run.
    case mapRun(machine: String, label: String, id: String)

    /// The state machine; nil for an activity.
    public var machine: String? {
        switch self {
        case .machine(let machine), .map(let machine, _), .version(let machine, _), .alias(let machine, _),
            .execution(let machine, _, _), .expressExecution(let machine, _, _, _),
            .mapRun(let machine, _, _):
            machine
        case .activity: nil
        }
    }

    /// The part of an ARN after the account: `stateMachine:orders`.
    var path: String {
        switch self {
        case .machine(let machine): "stateMachine:\(machine)"
        case .map(let machine, let label): "stateMachine:\(machine)/\(label)"
        case .version(let machine, let number): "stateMachine:\(machine):\(number)"
        case .alias(let machine, let name): "stateMachine:\(machine):\(name)"
        case .activity(let name): "activity:\(name)"
        case .execution(let machine, let label, let name):
            "execution:\(ResourceName.joined(machine, label)):\(name)"
        case .expressExecution(let machine, let label, let name, let id):
            "express:\(ResourceName.joined(machine, label)):\(name):\(id)"
        case .mapRun(let machine, let label, let id): "mapRun:\(machine)/\(label):\(id)"
        }
    }

    private static func joined(_ machine: String, _ label: String?) -> String {
        label.map { "\(machine)/\($0)" } ?? machine
    }

    /// Reads the part of an ARN after the account; nil if it names nothing.
    init?(path: String) {
        var parts = path.parts(separator: ":")
        guard parts.count >= 2, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        let type = parts.removeFirst()
        if type == "activity" {
            guard parts.count == 1 else { return nil }
            self = .activity(parts[0])
            return
        }
        let owner = parts.removeFirst().parts(separator: "/", maxSplits: 1)
        guard owner.allSatisfy({ !$0.isEmpty }) else { return nil }
        self.init(type: type, machine: owner[0], label: owner.count > 1 ? owner[1] : nil, rest: parts)
    }

    private init?(type: String, machine: String, label: String?, rest: [String]) {
        switch (type, label, rest.count) {
        case ("stateMachine", nil, 0): self = .machine(machine)
        case ("stateMachine", let label?, 0): self = .map(machine: machine, label: label)
        case ("stateMachine", nil, 1): self.init(qualifier: rest[0], of: machine)
        case ("execution", let label, 1): self = .execution(machine: machine, label: label, name: rest[0])
        case ("express", let label, 2):
            self = .expressExecution(machine: machine, label: label, name: rest[0], id: rest[1])
        case ("mapRun", let label?, 1): self = .mapRun(machine: machine, label: label, id: rest[0])
        default: return nil
        }
    }

    private init?(qualifier: String, of machine: String) {
        guard qualifier.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            self = .alias(machine: machine, name: qualifier)
            return
        }
        // Versions have one spelling: no leading zeros.
        guard let number = Int(qualifier), number > 0, String(number) == qualifier else { return nil }
        self = .version(machine: machine, number: number)
    }
}
