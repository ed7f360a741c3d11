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

/// A request to redrive or discard dead letters.
public struct DeadLetterRequest: Sendable, Hashable, JSONReadable, JSONWritable {
    /// The dead letters.
    public var selection: JobSelection

    /// A request.
    public init(_ selection: JobSelection) {
        self.selection = selection
    }

    /// Reads a body, strictly: `ids`, or `filter` with an optional `limit`.
    public static func read(_ reader: inout JSONObjectReader) -> DeadLetterRequest {
        let selection = JobSelection.read(
            &reader, limits: FieldBounds.selectedJobs, everything: "every dead letter",
            JobFilter.readDeadLetters)
        reader.finish()
        return DeadLetterRequest(selection)
    }

    /// Writes the body.
    public func write(to writer: inout JSONWriter) {
        writer.object { selection.writeFields(to: &$0) }
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
