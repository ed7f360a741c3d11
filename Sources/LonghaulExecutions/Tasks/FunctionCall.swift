import LonghaulCore
import LonghaulJSON

/// A call of a function at a Lambda endpoint.
struct FunctionCall: Sendable {
    /// The name of the function, or its ARN.
    let name: String
    let payload: JSONText
    /// Whether the call does not wait for the result.
    var isEvent = false
    /// Whether the task is `lambda:invoke`, whose output has more than the result.
    var isInvocation = false
    /// Which part of the log the answer has: `Tail`.
    var logType: String?

    init(name: String, payload: JSONText) {
        self.name = name
        self.payload = payload
    }

    init?(_ node: JSONNode) {
        guard let name = node["function"]?.string, let payload = node["payload"]?.text else { return nil }
        self.name = name
        self.payload = payload
        isEvent = node["event"]?.bool == true
        isInvocation = node["invocation"]?.bool == true
        logType = node["log_type"]?.string
    }

    func write(to writer: inout JSONWriter) {
        writer.field("function", name)
        if isEvent { writer.field("event", true) }
        if isInvocation { writer.field("invocation", true) }
        if let logType { writer.field("log_type", logType) }
        writer.field("payload", payload)
    }
}
