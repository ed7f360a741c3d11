public import LonghaulJSON

extension JobSelection {
    /// Reads `ids`, or `filter` with an optional `limit`.
    ///
    /// - Parameters:
    ///   - limits: the range of the limit.
    ///   - everything: the jobs that an empty filter selects, for a message.
    ///   - readFilter: reads the filter, strictly.
    static func read(
        _ reader: inout JSONObjectReader, limits: ClosedRange<Int>, everything: String,
        _ readFilter: (inout JSONObjectReader) -> JobFilter
    ) -> JobSelection {
        let before = reader.faults.list.count
        let texts = reader.strings("ids", maxCount: FieldBounds.selectedIDs.upperBound)
        var filter: JobFilter?
        if var inner = reader.object("filter") { filter = readFilter(&inner) }
        let limit = reader.int("limit", within: limits)
        let isReadable = reader.isObject && reader.faults.list.count == before
        if let texts {
            if filter != nil { reader.fault("filter", "cannot be combined with ids") }
            if limit != nil { reader.fault("limit", "is only allowed with a filter") }
            if texts.isEmpty { reader.fault("ids", "must name at least one job") }
            return .ids(readIDs(texts, &reader))
        }
        if filter == nil, isReadable {
            reader.faults.add(reader.pointer, "expected ids, or a filter: {} selects \(everything)")
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

    /// Writes the fields of the selection.
    func writeFields(to writer: inout JSONWriter) {
        switch self {
        case .ids(let ids): writer.field("ids", ids.map(\.description))
        case .filter(let filter, let limit):
            writer.object("filter") { filter.writeFields(to: &$0) }
            if let limit { writer.field("limit", limit) }
        }
    }
}

extension JobFilter {
    /// Reads a filter, strictly: the conditions of the job list as fields.
    static func readStrictly(_ reader: inout JSONObjectReader) -> JobFilter {
        var filter = readConditions(&reader)
        filter.states = readStates(&reader)
        filter.text = reader.string("q")
        if let text = filter.text, !TextRule.isPlain(text, FieldBounds.searchText) {
            reader.fault("q", "expected 1 to \(FieldBounds.searchText.upperBound) characters")
        }
        reader.finish()
        return filter
    }

    /// One state, or several.
    private static func readStates(_ reader: inout JSONObjectReader) -> [JobState] {
        guard let node = reader.node("state"), !node.isNull else { return [] }
        guard node.kind == .array else {
            return reader.choice("state", of: JobState.self).map { [$0] } ?? []
        }
        return (reader.strings("state", maxCount: JobState.allCases.count) ?? []).enumerated().compactMap {
            index, text in
            if let state = JobState(rawValue: text) { return state }
            let states = JobState.allCases.map(\.rawValue).joined(separator: ", ")
            reader.faults.add(reader.pointer(to: "state").appending(index), "expected one of \(states)")
            return nil
        }
    }

    /// Reads a filter of dead letters, strictly.
    static func readDeadLetters(_ reader: inout JSONObjectReader) -> JobFilter {
        var filter = readConditions(&reader)
        if let state = reader.choice("state", of: JobState.self), state != .failed {
            reader.fault("state", "must be \"failed\", the state of every dead letter")
        }
        filter.states = [.failed]
        reader.finish()
        return filter
    }

    private static func readConditions(_ reader: inout JSONObjectReader) -> JobFilter {
        var filter = JobFilter()
        filter.queue = reader.string("queue")
        filter.setKinds(reader.string("kind"))
        filter.actor = reader.string("actor")
        filter.tags = reader.labels("tags") ?? [:]
        filter.createdAfter = reader.timestamp("created_after")
        filter.createdBefore = reader.timestamp("created_before")
        filter.fingerprint = reader.string("fingerprint")
        filter.errorType = reader.string("error_type")
        return filter
    }

    fileprivate func writeFields(to writer: inout JSONWriter) {
        if !states.isEmpty, states != [.failed] { writer.field("state", states.map(\.rawValue)) }
        if states == [.failed] { writer.field("state", JobState.failed.rawValue) }
        if let queue { writer.field("queue", queue) }
        if let kinds { writer.field("kind", kinds) }
        if let actor { writer.field("actor", actor) }
        if !tags.isEmpty { writer.field("tags", tags) }
        if let createdAfter { writer.field("created_after", createdAfter) }
        if let createdBefore { writer.field("created_before", createdBefore) }
        if let fingerprint { writer.field("fingerprint", fingerprint) }
        if let errorType { writer.field("error_type", errorType) }
        if let text { writer.field("q", text) }
    }
}

extension BulkRequest: JSONReadable, JSONWritable {
    /// Reads a body, strictly.
    public static func read(_ reader: inout JSONObjectReader) -> BulkRequest {
        let selection = JobSelection.read(
            &reader, limits: FieldBounds.bulkJobs, everything: "every job", JobFilter.readStrictly)
        let isDryRun = reader.bool("dry_run") ?? false
        reader.finish()
        return BulkRequest(selection, isDryRun: isDryRun)
    }

    /// Writes the body.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            selection.writeFields(to: &writer)
            if isDryRun { writer.field("dry_run", true) }
        }
    }
}

extension BulkCount: JSONReadable, JSONWritable {
    /// Reads an answer, leniently.
    public static func read(_ reader: inout JSONObjectReader) -> BulkCount {
        BulkCount(count: reader.int("count").map(Int.init) ?? 0, hasMore: reader.bool("more") ?? false)
    }

    /// Writes the answer.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("count", count)
            writer.field("more", hasMore)
        }
    }
}
