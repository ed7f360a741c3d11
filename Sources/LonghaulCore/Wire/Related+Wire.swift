public import LonghaulJSON

extension RelatedJob: JSONReadable, JSONWritable {
    /// Reads a related job, leniently.
    public static func read(_ reader: inout JSONObjectReader) -> RelatedJob {
        var job = RelatedJob(
            id: reader.needed("id", "the ID of a job") { $0.jobID($1) } ?? JobID(high: 0, low: 0),
            kind: reader.requiredString("kind") ?? "",
            state: reader.needed("state", "a state") { $0.choice($1, of: JobState.self) } ?? .pending)
        job.isResultOmitted = reader.bool("result_omitted") ?? false
        if job.state == .completed, !job.isResultOmitted { job.result = reader.text("result") }
        if var error = reader.object("error") { job.error = JobError.read(&error) }
        return job
    }

    /// Writes a related job. `result_omitted` is present only if it is true.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("id", id.description)
            writer.field("kind", kind)
            writer.field("state", state.rawValue)
            writer.field("result", result)
            writer.field("error", error)
            if isResultOmitted { writer.field("result_omitted", true) }
        }
    }
}

extension JoinRule: JSONWritable {
    private static let all = "all"

    static func readStrictly(_ reader: inout JSONObjectReader) -> JoinRule {
        let rule = read(&reader)
        reader.finish()
        return rule
    }

    static func read(_ reader: inout JSONObjectReader) -> JoinRule {
        var rule = JoinRule()
        if let node = reader.node("wait_for"), !node.isNull, node.string != all {
            if node.kind == .number {
                rule.waitFor = reader.int(
                    "wait_for", within: 1...FieldBounds.dependencies.upperBound)
            } else {
                reader.fault(
                    "wait_for", "expected \"all\", or how many of the jobs in depends_on must complete")
            }
        }
        rule.collects = reader.bool("collect") ?? false
        return rule
    }

    /// Writes the rule.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            if let waitFor { writer.field("wait_for", waitFor) } else { writer.field("wait_for", Self.all) }
            writer.field("collect", collects)
        }
    }
}
