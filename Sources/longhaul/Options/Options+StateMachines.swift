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
        awsAccount, awsRegion, lambdaEndpoint, maxOpenExecutions, maxExecutionEvents, stateTransitionRate,
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
