/// An error while it travels up through parser or evaluator, which add token and position on its way.
///
/// It is unchecked because it holds values. It never leaves the call that throws it: the public functions turn
/// it into a ``JSONataError``.
final class Failure: Error, @unchecked Sendable {
    let code: String
    var token: Value
    var position: Int?
    /// What the message names, by the names of the templates in ``ErrorCatalog``.
    private(set) var details: [String: Value]
    private let ownMessage: Text?

    init(
        _ code: String, token: Value = .undefined, position: Int? = nil, value: Value = .undefined,
        details: [String: Value] = [:], message: Text? = nil
    ) {
        self.code = code
        self.token = token
        self.position = position
        self.details = details
        self.details["value"] = value
        ownMessage = message
    }

    /// The failure for a limit that an evaluation reached.
    static func limit(_ message: String) -> Failure {
        Failure("U1001", message: Text(message))
    }

    /// What `$eval` and the user see.
    var message: String {
        if let ownMessage { return ownMessage.string }
        var details = details
        details["token"] = token
        return ErrorCatalog.message(code, details)
    }

    /// The failure as a public error.
    var publicError: JSONataError {
        var name: String?
        switch token {
        case .string(let text): name = text.string
        case .number(let number): name = NumberText.shortest(number)
        case .bool(let value): name = value ? "true" : "false"
        case .null: name = "null"
        default: break
        }
        return JSONataError(code: code, message: message, position: position, token: name)
    }
}
