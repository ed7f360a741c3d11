public import LonghaulJSON

/// A report to an execution, as the store keeps it until a runner has handled it.
///
/// ```swift
/// let reports = try state.reports.map { try StoredReport($0) }
/// ```
public struct StoredReport: Sendable, Hashable {
    /// The name of its record, for ``ExecutionAdvance/handledReports``. Later reports have greater names.
    public var name: String
    /// The report.
    public var report: ExecutionReport
    /// When the store received it.
    public var receivedAt: Timestamp

    /// A report.
    public init(name: String, report: ExecutionReport, receivedAt: Timestamp) {
        self.name = name
        self.report = report
        self.receivedAt = receivedAt
    }

    /// The report of a record in the space ``RecordSpace/report``.
    ///
    /// - Throws: `internal` if the record is damaged.
    public init(_ record: KeyedRecord) throws(LonghaulError) {
        let name = record.key.name
        do {
            let fields = try Fields.decode(answer: record.value.bytes)
            self.init(name: name, report: fields.report, receivedAt: fields.receivedAt)
        } catch {
            throw LonghaulError(.internal, "the report \(name) of an execution is damaged: \(error.detail)")
        }
    }

    /// The value of its record.
    public var value: JSONText {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("received_at", receivedAt.milliseconds)
            report.write(to: &writer)
        }
        return writer.text
    }

    /// What a record holds.
    private struct Fields: JSONReadable {
        var report: ExecutionReport
        var receivedAt: Timestamp

        static func read(_ reader: inout JSONObjectReader) -> Fields {
            Fields(
                report: ExecutionReport.read(&reader),
                receivedAt: reader.milliseconds("received_at") ?? .distantPast)
        }
    }
}

extension ExecutionReport {
    private enum Kind: String, CaseIterable {
        case child, task, stop, redrive
    }

    fileprivate static func read(_ reader: inout JSONObjectReader) -> ExecutionReport {
        switch reader.needed("type", "a type", { $0.choice($1, of: Kind.self) }) {
        case .child: .childEnded(ChildEnd.read(&reader))
        case .task: .task(reader.requiredString("task") ?? "", reader.text("value") ?? .null)
        case .stop:
            .stop(
                error: reader.string("error", allowNUL: true), cause: reader.string("cause", allowNUL: true))
        case .redrive, nil: .redrive
        }
    }

    fileprivate func write(to writer: inout JSONWriter) {
        switch self {
        case .childEnded(let end):
            writer.field("type", Kind.child.rawValue)
            end.write(to: &writer)
        case .task(let task, let value):
            writer.field("type", Kind.task.rawValue)
            writer.field("task", task)
            writer.field("value", value)
        case .stop(let error, let cause):
            writer.field("type", Kind.stop.rawValue)
            writer.field("error", error)
            writer.field("cause", cause)
        case .redrive:
            writer.field("type", Kind.redrive.rawValue)
        }
    }
}

extension ChildEnd {
    fileprivate static func read(_ reader: inout JSONObjectReader) -> ChildEnd {
        var end = ChildEnd(
            task: reader.requiredString("task") ?? "",
            jobID: reader.needed("job_id", "an ID") { $0.jobID($1) } ?? JobID(high: 0, low: 0),
            state: reader.needed("state", "a state") { $0.choice($1, of: JobState.self) } ?? .cancelled,
            endedAt: reader.milliseconds("ended_at") ?? .distantPast)
        end.result = end.state == .completed ? reader.text("result") : nil
        if var error = reader.object("error") { end.error = JobError.read(&error) }
        end.worker = reader.string("worker")
        end.startedAt = reader.milliseconds("started_at")
        return end
    }

    fileprivate func write(to writer: inout JSONWriter) {
        writer.field("task", task)
        writer.field("job_id", jobID.description)
        writer.field("state", state.rawValue)
        if let result { writer.field("result", result) }
        if let error { writer.field("error", error) }
        if let worker { writer.field("worker", worker) }
        if let startedAt { writer.field("started_at", startedAt.milliseconds) }
        writer.field("ended_at", endedAt.milliseconds)
    }
}

extension JSONObjectReader {
    /// A time in milliseconds since 1970.
    fileprivate mutating func milliseconds(_ name: String) -> Timestamp? {
        int(name).map { Timestamp(milliseconds: $0) }
    }
}
