import LonghaulCore
import LonghaulJSON

/// An item of a list.
struct WorkerName: JSONReadable {
    let id: String

    static func read(_ reader: inout JSONObjectReader) -> WorkerName {
        WorkerName(id: reader.string("id") ?? "")
    }
}
