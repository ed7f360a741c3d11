import LonghaulJSON
import LonghaulStates

/// A caller's report on a task. The store keeps it until the runner handles it.
enum CallerReport: Sendable, Hashable {
    /// A worker of an activity has received the task.
    case started(worker: String?)
    /// The worker lives.
    case heartbeat
    /// The task has succeeded.
    case succeeded(output: JSONText)
    /// The task has failed.
    case failed(StateError)

    /// The text for the store.
    var text: JSONText {
        var writer = JSONWriter()
        writer.object { writer in
            switch self {
            case .started(let worker):
                writer.field("report", "started")
                if let worker { writer.field("worker", worker) }
            case .heartbeat: writer.field("report", "heartbeat")
            case .succeeded(let output):
                writer.field("report", "succeeded")
                writer.field("output", output)
            case .failed(let error):
                writer.field("report", "failed")
                writer.field("error", error)
            }
        }
        return writer.text
    }

    /// Reads the text; nil if it is none.
    init?(_ text: JSONText) {
        guard let node = try? JSONDocument(lenientlyParsing: text.bytes).root else { return nil }
        switch node["report"]?.string {
        case "started": self = .started(worker: node["worker"]?.string)
        case "heartbeat": self = .heartbeat
        case "succeeded": self = .succeeded(output: node["output"]?.text ?? .null)
        case "failed":
            let error = node["error"]
            self = .failed(StateError(name: error?["error"]?.string, cause: error?["cause"]?.string))
        default: return nil
        }
    }
}
