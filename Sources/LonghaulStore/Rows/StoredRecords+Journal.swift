package import LonghaulCore
import LonghaulJSON

/// The operations and signals of a job.
extension JournalOperation: StoredRecord {
    package static func blank() -> JournalOperation {
        JournalOperation(
            id: "", type: .marker, name: "", status: .started, startedAt: Timestamp(milliseconds: 0),
            number: 0)
    }

    package static let columns = fixedColumns + changingColumns

    private static let fixedColumns: [Column<JournalOperation>] = [
        Column("number", .integer, { .integer($0.number) }) { $0.number = $1.int64 },
        Column("operation_id", .text, { .text($0.id) }) { $0.id = $1.text },
        Column("parent_id", .text, { .text($0.parentID) }) { $0.parentID = $1.optionalText },
        Column("type", .text, { .text($0.type.rawValue) }) { $0.type = try choice($1) },
        Column("name", .text, { .text($0.name) }) { $0.name = $1.text },
        Column("input", .blob, { .blob($0.input?.bytes) }) { $0.input = $1.optionalJSON },
        Column("child_id", .id, { .id($0.jobID) }) { $0.jobID = $1.optionalID },
        Column("started_at", .integer, { .time($0.startedAt) }) { $0.startedAt = $1.time },
        Column("secret", .integer, { .integer(Int64(bitPattern: $0.secret)) }) {
            $0.secret = UInt64(bitPattern: $1.int64)
        },
    ]

    /// The columns that an update changes.
    package static let changingColumns: [Column<JournalOperation>] = [
        Column("status", .text, { .text($0.status.rawValue) }) { $0.status = try choice($1) },
        Column("attempt", .integer, { .int($0.attempt) }) { $0.attempt = $1.int },
        Column("output", .blob, { .blob($0.output?.bytes) }) { $0.output = $1.optionalJSON },
        Column("error", .blob, { .blob($0.error.map { JSONText(writing: $0).bytes }) }) { operation, value in
            operation.error = try value.optionalBlob.map(JobError.decode(answer:))
        },
        Column("until", .integer, { .time($0.until) }) { $0.until = $1.optionalTime },
        Column("ended_at", .integer, { .time($0.endedAt) }) { $0.endedAt = $1.optionalTime },
        // For the sums of a journal and the pages of a reader; an operation computes it from its texts.
        Column("weight", .integer, { .integer($0.weight) }) { _, _ in },
    ]

    private static func choice<Choice: RawRepresentable<String>>(_ value: ColumnValue) throws -> Choice {
        guard let choice = Choice(rawValue: value.text) else {
            throw CorruptValue("an operation with the unknown word \(value.text)")
        }
        return choice
    }
}

extension StoredSignal: StoredRecord {
    package static func blank() -> StoredSignal {
        StoredSignal(number: 0, signal: Signal(name: ""), receivedAt: Timestamp(milliseconds: 0))
    }

    package static let columns: [Column<StoredSignal>] = [
        Column("number", .integer, { .integer($0.number) }) { $0.number = $1.int64 },
        Column("name", .text, { .text($0.signal.name) }) { $0.signal.name = $1.text },
        Column("value", .blob, { .blob($0.signal.value.bytes) }) {
            $0.signal.value = $1.optionalJSON ?? .null
        },
        Column("key", .blob, { .blob($0.signal.key) }) { $0.signal.key = $1.optionalBlob },
        Column("received_at", .integer, { .time($0.receivedAt) }) { $0.receivedAt = $1.time },
        Column("consumed_by", .integer, { .integer($0.consumedBy) }) { $0.consumedBy = $1.optionalInt64 },
    ]
}

/// What only durable jobs, executions, paused jobs and their children have, in one column. Other jobs have NULL.
extension JobColumn {
    package static let journal = JobColumn("journal", { .blob($0.journalRecord) }) { row, value in
        guard let bytes = value.optionalBlob else { return }
        let faults = JSONFaults()
        var reader = JSONObjectReader(
            try JSONDocument(lenientlyParsing: bytes).root, at: .root, faults: faults)
        row.readJournalRecord(&reader)
        if let fault = faults.list.first { throw CorruptValue("the journal of a job: \(fault.message)") }
    }
}

extension JobRow {
    fileprivate var journalRecord: [UInt8]? {
        guard
            job.operationCount > 0 || job.isPaused || job.isCancelling || parentOperation != nil
                || cancelsDescendants || reports.last > 0 || wakeAt != nil || !job.waitsFor.isEmpty
        else { return nil }
        var writer = JSONWriter()
        writer.object { writer in
            if job.operationCount > 0 { writer.field("operations", job.operationCount) }
            if journalBytes > 0 { writer.field("bytes", Int(journalBytes)) }
            if let wakeAt { writer.field("wake_at", Int(wakeAt.milliseconds)) }
            if job.isPaused { writer.field("paused", true) }
            if job.isCancelling { writer.field("cancelling", true) }
            if hasCompensations { writer.field("compensations", true) }
            if progressFence > 0 { writer.field("progress_fence", progressFence) }
            if !operationEnds.isEmpty {
                writer.object("ended") { writer in
                    for (end, count) in operationEnds.sorted(by: { $0.key.name < $1.key.name }) {
                        writer.field(end.name, count)
                    }
                }
            }
            if let fork {
                writer.object("fork") { writer in
                    writer.field("source", fork.source.description)
                    writer.field("end", Int(fork.end))
                }
            }
            if cancelsDescendants { writer.field("cancels_descendants", true) }
            if reports.last > 0 {
                writer.object("reports") { writer in
                    writer.field("last", reports.last)
                    writer.field("count", reports.count)
                    writer.field("bytes", reports.bytes)
                }
            }
            if let parentOperation { writer.field("parent_operation", parentOperation) }
            if !job.waitsFor.isEmpty { writer.field("waits_for", job.waitsFor) }
        }
        return writer.bytes
    }

    fileprivate mutating func readJournalRecord(_ reader: inout JSONObjectReader) {
        job.operationCount = reader.int("operations").map(Int.init) ?? 0
        journalBytes = reader.int("bytes") ?? 0
        wakeAt = reader.int("wake_at").map { Timestamp(milliseconds: $0) }
        job.isPaused = reader.bool("paused") ?? false
        job.isCancelling = reader.bool("cancelling") ?? false
        hasCompensations = reader.bool("compensations") ?? false
        progressFence = reader.int("progress_fence").map(Int.init) ?? 0
        if var ends = reader.object("ended") {
            for end in OperationEnd.counted { operationEnds[end] = ends.int(end.name).map { Int($0) } }
        }
        if var fork = reader.object("fork"), let source = JobID(fork.string("source") ?? "") {
            self.fork = ForkProgress(source: source, end: fork.int("end") ?? 0)
        }
        cancelsDescendants = reader.bool("cancels_descendants") ?? false
        if var sums = reader.object("reports") {
            reports.last = sums.int("last") ?? 0
            reports.count = sums.int("count").map(Int.init) ?? 0
            reports.bytes = sums.int("bytes") ?? 0
        }
        parentOperation = reader.string("parent_operation")
        job.waitsFor = reader.objects("waits_for", OperationWait.read) ?? []
    }
}

extension OperationEnd {
    /// The ends that the server can bring about.
    fileprivate static let counted = [OperationType.timer, .signal, .job].flatMap { type in
        [OperationStatus.succeeded, .failed].map { OperationEnd(type, $0) }
    }

    fileprivate var name: String { "\(type.rawValue)_\(status.rawValue)" }
}
