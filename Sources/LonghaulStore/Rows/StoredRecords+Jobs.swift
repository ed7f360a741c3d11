package import LonghaulCore

/// The log lines and artifacts of a job.
extension StoredLogLine: StoredRecord {
    package static func blank() -> StoredLogLine {
        StoredLogLine(
            number: 0, attempt: 0, line: LogLine(at: Timestamp(milliseconds: 0), level: .info, message: ""))
    }

    package static let columns: [Column<StoredLogLine>] = [
        Column("number", .integer, { .integer($0.number) }) { $0.number = $1.int64 },
        Column("attempt", .integer, { .int($0.attempt) }) { $0.attempt = $1.int },
        Column("at", .integer, { .time($0.line.at) }) { $0.line.at = $1.time },
        Column("level", .integer, { .int($0.line.level.code) }) {
            $0.line.level = try LogLine.Level(code: $1.int)
        },
        Column("message", .text, { .text($0.line.message) }) { $0.line.message = $1.text },
    ]
}

extension Artifact: StoredRecord {
    package static func blank() -> Artifact {
        Artifact(name: "", sizeBytes: 0, contentType: "", sha256: "", fence: 0)
    }

    package static let columns: [Column<Artifact>] = [
        Column("fence", .integer, { .int($0.fence) }) { $0.fence = $1.int },
        Column("name", .text, { .text($0.name) }) { $0.name = $1.text },
        Column("size_bytes", .integer, { .integer($0.sizeBytes) }) { $0.sizeBytes = $1.int64 },
        Column("content_type", .text, { .text($0.contentType) }) { $0.contentType = $1.text },
        Column("sha256", .text, { .text($0.sha256) }) { $0.sha256 = $1.text },
    ]
}

extension DeadLetterGroup: StoredRecord {
    package static func blank() -> DeadLetterGroup {
        DeadLetterGroup(
            fingerprint: "", queue: "", kind: "", errorType: "", count: 0,
            firstSeenAt: Timestamp(milliseconds: 0), lastSeenAt: Timestamp(milliseconds: 0))
    }

    package static let columns: [Column<DeadLetterGroup>] = [
        Column("fingerprint", .text, { .text($0.fingerprint) }) { $0.fingerprint = $1.text },
        Column("queue", .text, { .text($0.queue) }) { $0.queue = $1.text },
        Column("kind", .text, { .text($0.kind) }) { $0.kind = $1.text },
        Column("error_type", .text, { .text($0.errorType) }) { $0.errorType = $1.text },
        Column("count", .integer, { .int($0.count) }) { $0.count = $1.int },
        Column("first_seen_at", .integer, { .time($0.firstSeenAt) }) { $0.firstSeenAt = $1.time },
        Column("last_seen_at", .integer, { .time($0.lastSeenAt) }) { $0.lastSeenAt = $1.time },
    ]
}

extension RoutingTable.Rule: StoredRecord {
    package static func blank() -> RoutingTable.Rule { RoutingTable.Rule(queue: "") }

    package static let columns: [Column<RoutingTable.Rule>] = [
        Column("kinds", .text, { .text(TextCoding.encode($0.kinds)) }) {
            $0.kinds = try TextCoding.list($1.text)
        },
        Column("labels", .text, { .text($0.labels.map { TextCoding.encode($0) }) }) {
            $0.labels = try $1.optionalText.map { try TextCoding.map($0) }
        },
        Column("queue", .text, { .text($0.queue) }) { $0.queue = $1.text },
    ]
}
