import LonghaulCore
import LonghaulJSON
import LonghaulStates

/// The error of a task whose request has failed.
struct CallFailure: Error {
    let error: StateError

    init(_ name: String, _ cause: String) {
        error = StateError(name: name, cause: cause)
    }
}

/// How a request has ended.
enum CallResult: Sendable {
    /// With an output.
    case succeeded(JSONText)
    /// With an output that is too large.
    case tooLarge
    /// With an error.
    case failed(StateError)
    /// It took too long.
    case timedOut

    /// The result of the job.
    var text: JSONText {
        var writer = JSONWriter()
        writer.object { writer in
            switch self {
            case .succeeded(let output): writer.field("output", output)
            case .tooLarge: writer.field("too_large", true)
            case .failed(let error): writer.field("failed", error)
            case .timedOut: writer.field("timed_out", true)
            }
        }
        return writer.text
    }

    /// An output, if it is not too large.
    init(bounded output: JSONText) {
        self = output.bytes.count <= CallHandler.maxAnswerBytes ? .succeeded(output) : .tooLarge
    }

    /// The end of the job of a request.
    init(_ end: ChildEnd) {
        guard end.state == .completed, let result = end.result,
            let node = try? JSONDocument(lenientlyParsing: result.bytes).root
        else {
            let report = TaskReport(job: end)
            if case .failed(let error) = report { self = .failed(error) } else { self = .timedOut }
            return
        }
        if let output = node["output"]?.text {
            self = .succeeded(output)
        } else if node["too_large"]?.bool == true {
            self = .tooLarge
        } else if let failure = node["failed"] {
            self = .failed(StateError(name: failure["error"]?.string, cause: failure["cause"]?.string))
        } else {
            self = .timedOut
        }
    }

    /// The report on the task.
    func report(_ resource: TaskResource) -> TaskReport {
        switch self {
        case .succeeded(let output): .succeeded(output: output)
        case .tooLarge: .failed(.tooLarge(resource.errorName))
        case .failed(let error): .failed(error)
        case .timedOut: .timedOut
        }
    }
}
