import LonghaulCore
import LonghaulExecutions

/// State machines.
extension Options {
    static let awsAccount = Option.value(
        "aws-account", "DIGITS", .account, default: ExecutionSettings().account, setting: true,
        "The account in the ARNs of state machines: 12 digits.")
    static let awsRegion = Option.value(
        "aws-region", "REGION", .region, default: ExecutionSettings().region, setting: true,
        "The region in the ARNs of state machines. Requests may be signed for any region.")
    static let lambdaEndpoint = Option.optional(
        "lambda-endpoint", "URL", .httpURL, setting: true,
        fallback: "a function runs as a job of the kind of its name",
        "The URL of a Lambda endpoint, to which state machines send the calls of functions.")
    static let mapBuckets = Option.list(
        "map-buckets", "BUCKET,…", .text, commas: true, setting: true, fallback: "none",
        "The buckets of S3 from which distributed maps may read items, and to which they may write results; * for any. The "
            + "credentials, the region and the endpoint are those of AWS's variables and files.")
    static let awsServices = Option.list(
        "aws-services", "SERVICE,…", .awsService, commas: true, setting: true, fallback: "none",
        "The AWS services that state machines may call: \(TaskResources.serviceNames.joined(separator: ", ")); * for all. The "
            + "credentials, the region and the endpoints are those of AWS's variables and files.")
    static let maxOpenExecutions = Option.value(
        "max-open-executions", "N", .integer(1...100_000_000), default: 1_000_000, setting: true,
        "The maximum number of executions of state machines that have not ended.")
    static let maxExecutionEvents = Option.value(
        "max-execution-events", "N", .integer(10...1_000_000), default: ExecutionLimits().historyEvents,
        setting: true, "The maximum number of events in the history of an execution.")
    static let stateTransitionRate = Option.value(
        "state-transition-rate", "N", .integer(0...1_000_000_000), default: 0, setting: true,
        "The maximum number of state transitions per second of this server; 0 for no limit. Executions beyond it wait."
    )
    static let maxExpressExecutions = Option.value(
        "max-express-executions", "N", .integer(1...1_000_000), default: ExecutionLimits().expressExecutions,
        setting: true, "The maximum number of Express executions that this server runs at the same time.")
    static let executionSlots = Option.value(
        "execution-slots", "N", .integer(1...10_000), default: ExecutionLimits().runningExecutions,
        setting: true, "The maximum number of executions that this server advances at the same time.")

    /// The options of commands that run state machines.
    static let stateMachines: [any DeclaredOption] = [
        awsAccount, awsRegion, lambdaEndpoint, mapBuckets, awsServices, maxOpenExecutions, maxExecutionEvents,
        stateTransitionRate,
        maxExpressExecutions, executionSlots,
    ]
}

extension ValueReader where Value == String {
    /// The number of an AWS account.
    static let account = ValueReader(shape: .text) { text throws(BadValue) in
        guard text.utf8.count == 12, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw BadValue(expected: "12 digits", got: text)
        }
        return text
    }

    /// An HTTP URL without a query.
    static let httpURL = ValueReader(shape: .text) { text throws(BadValue) in
        guard CallbackURL.fault(in: text) == nil, !text.contains("?"), !text.contains("#") else {
            throw BadValue(expected: "a URL such as http://127.0.0.1:4566", got: text)
        }
        return text
    }

    /// The name of an AWS service that state machines can call.
    static let awsService = ValueReader(shape: .text) { text throws(BadValue) in
        guard text == "*" || TaskResources.serviceNames.contains(text) else {
            let names = TaskResources.serviceNames.joined(separator: ", ")
            throw BadValue(expected: "one of \(names), or *", got: text)
        }
        return text
    }

    /// The name of an AWS region.
    static let region = ValueReader(shape: .text) { text throws(BadValue) in
        let isName = text.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
        }
        guard (1...32).contains(text.utf8.count), isName else {
            throw BadValue(expected: "1 to 32 characters of a-z 0-9 and -, such as us-east-1", got: text)
        }
        return text
    }
}

/// The command `state-machines`.
extension Options {
    static let executionInput = Option.optional(
        "input", "JSON|@FILE|-", .text, fallback: "{}",
        "start: the input: JSON, a file that holds it, or - for standard input.")
    static let executionName = Option<String?>.optional(
        "name", "NAME", .text, fallback: "made by the server",
        "start: the name of the execution. A repeated start with the same name and input starts it once.")
    static let qualifier = Option<String?>.optional(
        "qualifier", "VERSION|ALIAS", .text, fallback: "the current revision",
        "start: the version or the alias to start.")
    static let executionWait = Option.flag(
        "wait", short: "w", "start: waits until the execution has ended, and prints its output.")
    static let machineType = Option.optional(
        "type", "standard|express", .machineType, fallback: "standard",
        "create, update, check: where executions run: in the store, or in the memory of one server.")
    static let machineTags = Option.list(
        "tag", "KEY=VALUE", .label, "create, update: a tag of the state machine; may be repeated.")
    static let executionStatus = Option.optional(
        "status", "STATUS", .executionStatus,
        "list NAME: only executions with this status: "
            + ExecutionView.Status.allCases.map(\.rawValue).joined(separator: ", ") + ".")
    static let executionLimit = Option.value(
        "limit", "N", .integer(1...1_000_000), default: 50, "list NAME: the maximum number of executions.")
    static let stopError = Option<String?>.optional(
        "error", "NAME", .text, "stop: the name of the error with which the execution ends.")
    static let stopCause = Option<String?>.optional(
        "cause", "TEXT", .text, "stop: the cause of the error.")
}

extension ValueReader where Value == StateMachineInfo.Kind {
    /// The type of a state machine.
    static let machineType = ValueReader(shape: .text) { text throws(BadValue) in
        guard let type = StateMachineInfo.Kind(rawValue: text) else {
            throw BadValue(expected: "standard or express", got: text)
        }
        return type
    }
}

extension ValueReader where Value == ExecutionView.Status {
    /// The status of an execution.
    static let executionStatus = ValueReader(shape: .text) { text throws(BadValue) in
        guard let status = ExecutionView.Status(rawValue: text) else {
            let known = ExecutionView.Status.allCases.map(\.rawValue).joined(separator: ", ")
            throw BadValue(expected: "one of \(known)", got: text)
        }
        return status
    }
}
