/// The work of a Task state: the ARN of a function or of an activity, or a service and its action.
public struct TaskResource: Sendable, Hashable {
    /// The ARN as it is in the definition.
    public let arn: String
    /// What the ARN names.
    public let kind: Kind
    /// When the task ends.
    public let pattern: Pattern

    /// What an ARN names.
    public enum Kind: Sendable, Hashable {
        /// A Lambda function: `arn:aws:lambda:…:function:NAME`.
        case function(name: String)
        /// An activity: `arn:aws:states:…:activity:NAME`.
        case activity(name: String)
        /// A service: `arn:aws:states:::lambda:invoke`. The action is without its pattern.
        case service(name: String, action: String)
    }

    /// When the task of a service ends.
    public enum Pattern: String, Sendable, Hashable {
        /// When the service has answered.
        case response = ""
        /// When the job that the service started has ended.
        case sync = ".sync"
        /// As ``sync``; the output of a nested execution is JSON.
        case syncTwo = ".sync:2"
        /// When a caller returns the task token.
        case taskToken = ".waitForTaskToken"
    }

    /// Reads an ARN; nil if it names no work.
    public init?(arn: String) {
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6, parts[0] == "arn" else { return nil }
        self.arn = arn
        if parts[2] == "lambda", parts[5].hasPrefix("function:") {
            kind = .function(name: String(parts[5].dropFirst("function:".count)))
            pattern = .response
        } else if parts[2] == "states", parts[5].hasPrefix("activity:") {
            kind = .activity(name: String(parts[5].dropFirst("activity:".count)))
            pattern = .response
        } else if parts[2] == "states", parts[3].isEmpty {
            guard let service = TaskResource.service(parts[5]) else { return nil }
            kind = service.kind
            pattern = service.pattern
        } else {
            return nil
        }
    }

    /// The service and its action as history events name them; nil for functions and activities.
    public var action: ServiceAction? {
        guard case .service(let name, let action) = kind else { return nil }
        return ServiceAction(service: name, action: action + pattern.rawValue)
    }

    /// How an error of the task names the task.
    public var errorName: String {
        if case .service(let name, _) = kind { return name }
        return arn
    }

    private static func service(_ text: String) -> (kind: Kind, pattern: Pattern)? {
        var text = text
        var pattern = Pattern.response
        for candidate in [Pattern.taskToken, .syncTwo, .sync] where text.hasSuffix(candidate.rawValue) {
            text.removeLast(candidate.rawValue.count)
            pattern = candidate
            break
        }
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let name = String(text[..<colon])
        let action = String(text[text.index(after: colon)...])
        guard !name.isEmpty, !action.isEmpty else { return nil }
        return (.service(name: name, action: action), pattern)
    }
}
