public import LonghaulJSON

/// What an execution is started with. It does not change while the execution runs.
public struct ExecutionInfo: Sendable, Hashable {
    /// The execution's ARN.
    public var arn: String
    /// The execution's name.
    public var name: String
    /// The state machine's ARN.
    public var stateMachineARN: String
    /// The state machine's name.
    public var stateMachineName: String
    /// The role.
    public var roleARN: String
    /// The version that was started, if the caller named one.
    public var versionARN: String?
    /// The alias that was started, if the caller named one.
    public var aliasARN: String?
    /// The input as the caller sent it.
    public var input: JSONText
    /// The time of the start, in milliseconds since 1970.
    public var startTime: Int64
    /// The block of the definition that runs: 0 for the machine, the item processor's for a child of a map run.
    public var block: Int
    /// Whether it is an Express execution.
    public var isExpress: Bool

    /// An execution.
    public init(
        arn: String, name: String, stateMachineARN: String, stateMachineName: String, roleARN: String,
        versionARN: String? = nil, aliasARN: String? = nil, input: JSONText, startTime: Int64, block: Int = 0,
        isExpress: Bool = false
    ) {
        self.arn = arn
        self.name = name
        self.stateMachineARN = stateMachineARN
        self.stateMachineName = stateMachineName
        self.roleARN = roleARN
        self.versionARN = versionARN
        self.aliasARN = aliasARN
        self.input = input
        self.startTime = startTime
        self.block = block
        self.isExpress = isExpress
    }

    /// A part of the execution's ARN, from 0; empty if there is none.
    private func arnPart(_ index: Int) -> String {
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
        return index < parts.count ? String(parts[index]) : ""
    }

    /// The region of the execution's ARN.
    var region: String { arnPart(3) }

    /// The ARN of a map run of this execution.
    func mapRunARN(label: String, id: String) -> String {
        "arn:\(arnPart(1)):states:\(region):\(arnPart(4)):mapRun:\(stateMachineName)/\(label):\(id)"
    }
}

/// The state of an execution.
public enum ExecutionStatus: String, Sendable, Hashable {
    /// It has not ended.
    case running = "RUNNING"
    /// It ended with an output.
    case succeeded = "SUCCEEDED"
    /// It ended with an error.
    case failed = "FAILED"
    /// It took too long.
    case timedOut = "TIMED_OUT"
    /// A caller stopped it.
    case aborted = "ABORTED"
}
