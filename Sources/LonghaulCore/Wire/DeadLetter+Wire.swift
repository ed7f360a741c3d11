public import LonghaulJSON

extension DeadLetterGroup: JSONReadable, JSONWritable {
    /// Reads a group, leniently.
    public static func read(_ reader: inout JSONObjectReader) -> DeadLetterGroup {
        var group = DeadLetterGroup(
            fingerprint: reader.requiredString("fingerprint") ?? "", queue: reader.string("queue") ?? "",
            kind: reader.string("kind") ?? "", errorType: reader.string("error_type") ?? "",
            count: reader.int("count").map(Int.init) ?? 0,
            firstSeenAt: reader.needed("first_seen_at", "a time") { $0.timestamp($1) } ?? .distantFuture,
            lastSeenAt: reader.needed("last_seen_at", "a time") { $0.timestamp($1) } ?? .distantFuture)
        if var example = reader.object("example") { group.example = Example.read(&example) }
        return group
    }

    /// Writes the group as the API returns it.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("fingerprint", fingerprint)
            writer.field("queue", queue)
            writer.field("kind", kind)
            writer.field("error_type", errorType)
            writer.field("count", count)
            writer.field("first_seen_at", firstSeenAt)
            writer.field("last_seen_at", lastSeenAt)
            writer.field("example", example)
        }
    }
}

extension DeadLetterGroup.Example: JSONWritable {
    static func read(_ reader: inout JSONObjectReader) -> DeadLetterGroup.Example? {
        guard let id = reader.needed("id", "the ID of a job", { $0.jobID($1) }),
            var error = reader.needed("error", "an object", { $0.object($1) })
        else { return nil }
        return DeadLetterGroup.Example(jobID: id, error: JobError.read(&error))
    }

    /// Writes the ID and the error of the job.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("id", jobID.description)
            writer.field("error", error)
        }
    }
}

extension DeadLetterSelection: JSONReadable, JSONWritable {
    /// Reads the body of a redrive or a discard, strictly: `ids`, or `filter` with an optional `limit`.
    public static func read(_ reader: inout JSONObjectReader) -> DeadLetterSelection {
        let before = reader.faults.list.count
        let texts = reader.strings("ids", maxCount: FieldBounds.selectedIDs.upperBound)
        var filter: JobFilter?
        if var inner = reader.object("filter") { filter = JobFilter.readDeadLetters(&inner) }
        let limit = reader.int("limit", within: FieldBounds.selectedJobs)
        reader.finish()
        let isReadable = reader.isObject && reader.faults.list.count == before
        if let texts {
            if filter != nil { reader.fault("filter", "cannot be combined with ids") }
            if limit != nil { reader.fault("limit", "is only allowed with a filter") }
            if texts.isEmpty { reader.fault("ids", "must name at least one job") }
            return .ids(readIDs(texts, &reader))
        }
        if filter == nil, isReadable {
            reader.faults.add(reader.pointer, "expected ids, or a filter: {} selects every dead letter")
        }
        return .filter(filter ?? JobFilter(), limit: limit)
    }

    private static func readIDs(_ texts: [String], _ reader: inout JSONObjectReader) -> [JobID] {
        texts.enumerated().compactMap { index, text in
            if let id = JobID(text) { return id }
            reader.faults.add(
                reader.pointer(to: "ids").appending(index), "expected the ID of a job, a UUID")
            return nil
        }
    }

    /// Writes the body.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            switch self {
            case .ids(let ids): writer.field("ids", ids.map(\.description))
            case .filter(let filter, let limit):
                writer.object("filter", filter.writeDeadLetters)
                if let limit { writer.field("limit", limit) }
            }
        }
    }
}

extension JobFilter {
    /// Reads a filter of dead letters, strictly: the conditions of the job list as fields.
    static func readDeadLetters(_ reader: inout JSONObjectReader) -> JobFilter {
        var filter = JobFilter()
        if let state = reader.choice("state", of: JobState.self), state != .failed {
            reader.fault("state", "must be \"failed\", the state of every dead letter")
        }
        filter.states = [.failed]
        filter.queue = reader.string("queue")
        filter.kind = reader.string("kind")
        filter.actor = reader.string("actor")
        filter.tags = reader.labels("tags") ?? [:]
        filter.createdAfter = reader.timestamp("created_after")
        filter.createdBefore = reader.timestamp("created_before")
        filter.fingerprint = reader.string("fingerprint")
        filter.errorType = reader.string("error_type")
        reader.finish()
        return filter
    }

    fileprivate func writeDeadLetters(to writer: inout JSONWriter) {
        if let queue { writer.field("queue", queue) }
        if let kind { writer.field("kind", kind) }
        if let actor { writer.field("actor", actor) }
        if !tags.isEmpty { writer.field("tags", tags) }
        if let createdAfter { writer.field("created_after", createdAfter) }
        if let createdBefore { writer.field("created_before", createdBefore) }
        if let fingerprint { writer.field("fingerprint", fingerprint) }
        if let errorType { writer.field("error_type", errorType) }
    }
}

/// The number of dead letters that a redrive or a discard changed.
public struct DeadLetterCount: Sendable, Hashable {
    /// The number.
    public var count: Int

    /// This number of dead letters.
    public init(count: Int) {
        self.count = count
    }
}

extension DeadLetterCount: JSONReadable, JSONWritable {
    /// Reads the answer, leniently.
    public static func read(_ reader: inout JSONObjectReader) -> DeadLetterCount {
        DeadLetterCount(count: reader.int("count").map(Int.init) ?? 0)
    }

    /// Writes the answer.
    public func write(to writer: inout JSONWriter) {
        writer.object { $0.field("count", count) }
    }
}

extension DeadLetterAlert: JSONWritable {
    /// Writes the alert as a webhook's body.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("type", "dead_letters_growing")
            writer.field("queue", queue)
            writer.field("count", count)
            writer.field("window_seconds", 60)
            writer.field("threshold_per_minute", threshold)
            writer.field("kind", kind)
            writer.field("example", example)
            writer.field("at", at)
        }
    }
}
