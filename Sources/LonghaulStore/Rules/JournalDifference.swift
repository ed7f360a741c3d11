import LonghaulCore
import LonghaulJSON

/// A difference between the code of a durable job and its journal.
struct JournalDifference {
    /// The type and the name of the recorded operation.
    var type: OperationType
    var name: String
    var requested: OperationUpdate

    var message: String {
        "the operation \"\(requested.id)\" is recorded as \(type.rawValue) \"\(name)\", "
            + "and the code asks for \(requested.type.rawValue) \"\(requested.name)\""
    }

    /// The error of the job, with both sides.
    var error: JobError {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("id", requested.id)
            writer.object("recorded") { writer in
                writer.field("type", type.rawValue)
                writer.field("name", name)
            }
            writer.object("requested") { writer in
                writer.field("type", requested.type.rawValue)
                writer.field("name", requested.name)
            }
        }
        return JobError(
            type: LonghaulError.Code.nondeterministic.rawValue, message: message, details: writer.text,
            retryable: false)
    }
}
