/// Why a state fails before or after its work: a path, a template or an expression cannot be evaluated.
public struct StateFailure: Error, Sendable, Hashable {
    /// The error's name, which `Retry` and `Catch` compare: `States.Runtime`.
    public let error: String
    /// What is wrong, in AWS's words, without the sentence that names the state.
    public let message: String
    /// The field with the JSONata expression that failed: `Output/total`. Nil for other failures.
    public let location: String?

    /// A failure.
    public init(error: String, message: String, location: String? = nil) {
        self.error = error
        self.message = message
        self.location = location
    }

    /// A failure that neither `Retry` nor `Catch` handles, as on AWS.
    public static func runtime(_ message: String) -> StateFailure {
        StateFailure(error: "States.Runtime", message: message)
    }

    /// A JSONata expression cannot be evaluated.
    public static func query(_ message: String, location: String) -> StateFailure {
        StateFailure(error: "States.QueryEvaluationError", message: message, location: location)
    }

    /// A call of an intrinsic function fails.
    static func intrinsic(_ message: String) -> StateFailure {
        StateFailure(error: "States.IntrinsicFailure", message: message)
    }

    /// Data are too large, or nest too deep.
    static let tooLarge = StateFailure(
        error: "States.DataLimitExceeded",
        message:
            "The state's data exceed the maximum size or the maximum nesting of \(StateValue.maxDepth) levels."
    )

    /// The cause as AWS writes it in the history.
    ///
    /// - Parameter eventID: The identifier of the event that recorded the entry of the state.
    public func cause(state: String, eventID: Int) -> String {
        "An error occurred while executing the state '\(state)' (entered at the event id #\(eventID)). \(message)"
    }
}
