public import LonghaulJSON

extension JournalOperation: JSONReadable, JSONWritable {
    /// Reads an operation, leniently.
    public static func read(_ reader: inout JSONObjectReader) -> JournalOperation {
        var operation = JournalOperation(
            id: reader.requiredString("id") ?? "",
            type: reader.needed("type", "a type") { $0.choice($1, of: OperationType.self) } ?? .marker,
            name: reader.requiredString("name") ?? "",
            status: reader.needed("status", "a status") { $0.choice($1, of: OperationStatus.self) }
                ?? .started,
            startedAt: reader.needed("started_at", "a time") { $0.timestamp($1) } ?? .distantFuture,
            number: reader.int("number") ?? 0)
        operation.parentID = reader.string("parent_id")
        operation.attempt = reader.int("attempt").map(Int.init) ?? 1
        operation.input = reader.text("input").flatMap { $0.isNull ? nil : $0 }
        operation.output = reader.text("output").flatMap {
            $0.isNull && operation.status != .succeeded ? nil : $0
        }
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
                writer.field(
                    "signal_token", SignalToken(jobID: job, number: number, secret: secret).description)
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

extension JournalPage: JSONReadable {
    /// Reads a page of a journal, leniently.
    public static func read(_ reader: inout JSONObjectReader) -> JournalPage {
        read(&reader, as: "items")
    }

    fileprivate static func read(_ reader: inout JSONObjectReader, as name: String) -> JournalPage {
        JournalPage(
            operations: reader.objects(name, JournalOperation.read) ?? [],
            next: reader.string("next_cursor").flatMap { Int64($0) })
    }

    /// Reads the first page of a journal in a lease, leniently.
    static func readInLease(_ reader: inout JSONObjectReader) -> JournalPage {
        read(&reader, as: "operations")
    }

    /// Writes the first page of a journal in a lease.
    func writeInLease(to writer: inout JSONWriter, of job: JobID) {
        writer.object { writer in
            writer.array("operations") { writer in
                for operation in operations { operation.write(to: &writer, signalling: job) }
            }
            writer.field("next_cursor", next.map(String.init))
        }
    }
}

/// The answer to an ``OperationUpdateList``: each operation as it then stands, in the order of the updates.
public struct UpdatedOperations: Sendable, Hashable {
    /// The job of the journal.
    public var job: JobID
    /// The operations.
    public var operations: [JournalOperation]

    /// These operations of the journal of a job.
    public init(of job: JobID, operations: [JournalOperation]) {
        self.job = job
        self.operations = operations
    }
}

extension UpdatedOperations: JSONReadable, JSONWritable {
    /// Reads the answer, leniently.
    public static func read(_ reader: inout JSONObjectReader) -> UpdatedOperations {
        UpdatedOperations(
            of: JobID(high: 0, low: 0),
            operations: reader.needed("operations", "an array") { $0.objects($1, JournalOperation.read) }
                ?? [])
    }

    /// Writes the answer, with the signal tokens.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.array("operations") { writer in
                for operation in operations { operation.write(to: &writer, signalling: job) }
            }
        }
    }
}

extension SuspendOutcome: JSONReadable, JSONWritable {
    /// Reads the outcome, leniently.
    public static func read(_ reader: inout JSONObjectReader) -> SuspendOutcome {
        if let ready = reader.strings("ready") { return .ready(ready) }
        return .suspended(Job.read(&reader))
    }

    /// Writes the suspended job, or the operations that have ended.
    public func write(to writer: inout JSONWriter) {
        switch self {
        case .suspended(let job): job.write(to: &writer)
        case .ready(let ids): writer.object { $0.field("ready", ids) }
        }
    }
}
