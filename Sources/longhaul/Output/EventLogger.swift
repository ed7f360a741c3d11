import LonghaulCore

/// Writes the messages of a worker to the log of the command.
struct EventLogger: LonghaulLogger {
    /// The name of the worker, which each message gets.
    var worker: String?

    func log(_ note: Note) {
        var note = note
        if let worker { note.worker = worker }
        EventLog.log(note)
    }
}
