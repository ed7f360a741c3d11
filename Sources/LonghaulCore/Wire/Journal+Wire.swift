public import LonghaulJSON

extension JournalOperation: JSONReadable, JSONWritable {
    /// Reads an operation, leniently.
    public static func read(_ reader: inout JSONObjectReader) -> JournalOperation {
        var operation = JournalOperation(
            id: reader.requiredString("id") ?? "",
            type: reader.needed("type", "a type") { $0.choice($1, of: OperationType.self) } ?? .marker,
            name: reader.requiredString("name") ?? "",
            status: reader.needed("status", "a status") { $0.choice($1, of: OperationStatus.self) } ?? .started,
            startedAt: reader.needed("started_at", "a time") { $0.timestamp($1) } ?? .distantFuture,
            number: reader.int("number") ?? 0)
        operation.parentID = reader.string("parent_id")
        operation.attempt = reader.int("attempt").map(Int.init) ?? 1
        operation.input = reader.text("input").flatMap { $0.isNull ? nil : $0 }
        operation.output = reader.text("output").flatMap { $0.isNull && operation.status != .succeeded ? nil : $0 }
        if var error = reader.object("error") { operation.error = JobError.read(&error) }
        operation.jobID = reader.jobID("job_id")
        operation.until = reader.timestamp("until")
        operation.endedAt = reader.timestamp("ended_at")
        operation.secret = reader.string("signal_token").flatMap { SignalToken($0)?.secret } ?? 0
        return operation
    }

    /// Writes an operation as the API returns it.
    ///
    /// - Parameter job: the job of the journal, if the caller may signal it: a signal that waits then has its
    ///   ``SignalToken``.
    public func write(to writer: inout JSONWriter, signalling job: JobID?) {
        writer.object { writer in
            writer.field("id", id)
            writer.field("parent_id", parentID)
            writer.field("type", type.rawValue)
            writer.field("name", name)
            writer.field("status", status.rawValue)
            writer.field("attempt", attempt)
            writer.field("input", input)
            writer.field("output", output)
            writer.field("error", error)
            writer.field("job_id", jobID?.description)
            writer.field("until", until)
            writer.field("started_at", startedAt)
            writer.field("ended_at", endedAt)
            writer.field("number", number)
            if let job, type == .signal, status == .waiting {
                writer.field("signal_token", SignalToken(jobID: job, number: number, secret: secret).description)
            }
        }
    }

    /// Writes an operation without its signal token.
    public func write(to writer: inout JSONWriter) {
        write(to: &writer, signalling: nil)
    }
}

extension OperationWait: JSONReadable, JSONWritable {
    /// Reads a wait, leniently.
    public static func read(_ reader: inout JSONObjectReader) -> OperationWait {
        OperationWait(
            id: reader.requiredString("id") ?? "",
            type: reader.needed("type", "a type") { $0.choice($1, of: OperationType.self) } ?? .timer,
            name: reader.requiredString("name") ?? "", until: reader.timestamp("until"),
            jobID: reader.jobID("job_id"))
    }

    /// Writes a wait.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("id", id)
            writer.field("type", type.rawValue)
            writer.field("name", name)
            writer.field("until", until)
            writer.field("job_id", jobID?.description)
        }
    }
}
