public import LonghaulJSON

extension JobChange: JSONReadable, JSONWritable {
    /// Reads an event, leniently.
    public static func read(_ reader: inout JSONObjectReader) -> JobChange {
        let at = reader.needed("at", "a time") { $0.timestamp($1) } ?? .distantFuture
        var change = JobChange(
            jobID: reader.needed("job_id", "the ID of a job") { $0.jobID($1) } ?? JobID(high: 0, low: 0),
            queue: reader.string("queue") ?? "", kind: reader.string("kind") ?? "",
            state: reader.needed("state", "a state") { $0.choice($1, of: JobState.self) } ?? .pending,
            previous: reader.choice("previous", of: JobState.self),
            attempt: reader.int("attempt").map(Int.init) ?? 0,
            version: reader.int("version").map(Int.init) ?? 0, at: at, runAt: at)
        if var progress = reader.object("progress") { change.progress = Progress.read(&progress) }
        if var error = reader.object("error") { change.error = JobError.read(&error) }
        return change
    }

    /// Writes the change as an event of the API.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("job_id", jobID.description)
            writer.field("queue", queue)
            writer.field("kind", kind)
            writer.field("state", state.rawValue)
            writer.field("previous", previous?.rawValue)
            writer.field("attempt", attempt)
            writer.field("version", version)
            writer.field("at", at)
            writer.field("progress", progress)
            writer.field("error", error)
        }
    }
}
