public import LonghaulJSON

extension Completion: JSONWritable {
    /// Reads the body of a completion whose token is in the path, strictly.
    public static func read(_ reader: inout JSONObjectReader, token: LeaseToken) -> Completion {
        var completion = Completion(
            token: token, result: reader.text("result") ?? .null,
            next: reader.objects("next", NewJob.readInBatch) ?? [])
        if var progress = reader.object("progress") {
            completion.progress = Progress.readStrictly(&progress)
        }
        reader.expectCount(
            completion.next.count, of: "next", within: 0...FieldBounds.batch.upperBound)
        reader.finish()
        return completion
    }

    /// Writes result and next jobs, with the token.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("token", token.description)
            writeBody(&writer)
        }
    }

    fileprivate func writeBody(_ writer: inout JSONWriter) {
        writer.field("result", result)
        if !next.isEmpty { writer.field("next", next) }
        if let progress { writer.field("progress", progress) }
    }

    /// The body of a completion whose token is in the path.
    public var body: JSONText {
        var writer = JSONWriter()
        writer.object(writeBody)
        return writer.text
    }
}

/// The body of the call that ends an attempt with success.
public enum CompletionBody: Sendable, Hashable {
    /// The job is complete. The token is in the path.
    case completion(Completion)
    /// The job begins again with another payload and an empty journal.
    case continueAsNew(payload: JSONText)
}

extension CompletionBody: JSONReadable, JSONWritable {
    /// Reads the body, strictly.
    public static func read(_ reader: inout JSONObjectReader) -> CompletionBody {
        let isNull = reader.node("continue_as_new")?.isNull ?? false
        // Otherwise a worker that means to continue would complete its job.
        if isNull { reader.fault("continue_as_new", "expected an object, got null") }
        guard var next = reader.object("continue_as_new") else {
            return .completion(Completion.read(&reader, token: .unknown))
        }
        let payload = next.needed("payload", "any value") { $0.text($1) } ?? .null
        next.finish()
        for name in ["result", "next", "progress"] where reader.node(name) != nil {
            reader.fault(name, "cannot be combined with continue_as_new")
        }
        reader.finish()
        return .continueAsNew(payload: payload)
    }

    /// Writes the body.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            switch self {
            case .completion(let completion): completion.writeBody(&writer)
            case .continueAsNew(let payload):
                writer.object("continue_as_new") { $0.field("payload", payload) }
            }
        }
    }
}

/// Several completions in one call.
public struct CompletionList: Sendable, Hashable {
    /// The entries.
    public var completions: [Completion]

    /// A list of these completions.
    public init(completions: [Completion]) {
        self.completions = completions
    }
}

extension CompletionList: JSONReadable, JSONWritable {
    /// Reads the list, strictly.
    public static func read(_ reader: inout JSONObjectReader) -> CompletionList {
        let completions =
            reader.needed("completions", "an array") { list, name in
                list.objects(name) { entry -> Completion in
                    let token = entry.token("token") ?? .unknown
                    return Completion.read(&entry, token: token)
                }
            } ?? []
        reader.expectCount(completions.count, of: "completions", within: FieldBounds.completions)
        reader.finish()
        return CompletionList(completions: completions)
    }

    /// Writes the list.
    public func write(to writer: inout JSONWriter) {
        writer.object { $0.field("completions", completions) }
    }
}

extension Failure {
    /// Reads the body of a failure whose token is in the path, strictly.
    ///
    /// `retryable` is a field of the body, not of the error.
    public static func read(_ reader: inout JSONObjectReader, token: LeaseToken) -> Failure {
        var error = JobError(type: "", message: "")
        if var inner = reader.needed("error", "an object", { $0.object($1) }) {
            error = JobError.read(reported: &inner)
            if error.type.isEmpty, inner.isObject { inner.fault("type", "must not be empty") }
            inner.finish()
        }
        if reader.bool("retryable") == false { error.retryable = false }
        let wish = reader.double("retry_in_seconds", in: FieldBounds.seconds)
        reader.finish()
        return Failure(token: token, error: error, retryInSeconds: wish)
    }

    /// The body of a failure whose token is in the path.
    public var body: JSONText {
        var writer = JSONWriter()
        writer.object { writer in
            writer.object("error") { error.writeReport(to: &$0) }
            writer.field("retryable", error.retryable)
            if let retryInSeconds { writer.field("retry_in_seconds", retryInSeconds) }
        }
        return writer.text
    }
}

/// Log lines for a job's log.
public struct LogBatch: Sendable, Hashable {
    /// The lines.
    public var lines: [LogLine]

    /// A batch of these lines.
    public init(lines: [LogLine]) {
        self.lines = lines
    }
}

extension LogBatch: JSONReadable, JSONWritable {
    /// Reads the batch, strictly.
    public static func read(_ reader: inout JSONObjectReader) -> LogBatch {
        let lines =
            reader.needed("lines", "an array") { list, name in
                list.objects(name) { entry -> LogLine in
                    let line = LogLine.readFields(&entry, maxLength: FieldBounds.logLineLength.upperBound)
                    entry.finish()
                    return line
                }
            } ?? []
        reader.expectCount(lines.count, of: "lines", within: FieldBounds.logLines)
        reader.finish()
        return LogBatch(lines: lines)
    }

    /// Writes the batch.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.array("lines") { writer in
                for line in lines {
                    writer.object { line.writeFields(to: &$0) }
                }
            }
        }
    }
}

extension LogLine {
    fileprivate static func readFields(_ reader: inout JSONObjectReader, maxLength: Int? = nil) -> LogLine {
        LogLine(
            at: reader.needed("at", "a time") { $0.timestamp($1) } ?? .distantFuture,
            level: reader.choice("level", of: Level.self) ?? .info,
            message: reader.requiredString("message", maxLength: maxLength, allowNUL: true) ?? "")
    }

    fileprivate func writeFields(to writer: inout JSONWriter) {
        writer.field("at", at)
        writer.field("level", level.rawValue)
        writer.field("message", message)
    }
}

extension StoredLogLine: JSONReadable, JSONWritable {
    /// Reads a line of a job's log, leniently.
    public static func read(_ reader: inout JSONObjectReader) -> StoredLogLine {
        StoredLogLine(
            number: reader.int("number") ?? 0, attempt: reader.int("attempt").map(Int.init) ?? 0,
            line: LogLine.readFields(&reader))
    }

    /// Writes the line.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("number", number)
            writer.field("attempt", attempt)
            line.writeFields(to: &writer)
        }
    }
}

/// A checkpoint in the API.
public struct StepOutput: Sendable, Hashable {
    /// The output of the step: any JSON value.
    public var output: JSONText

    /// A checkpoint with this output.
    public init(output: JSONText) {
        self.output = output
    }
}

extension StepOutput: JSONReadable, JSONWritable {
    /// Reads a checkpoint, strictly.
    public static func read(_ reader: inout JSONObjectReader) -> StepOutput {
        let output = reader.needed("output", "any value") { $0.text($1) }
        reader.finish()
        return StepOutput(output: output ?? .null)
    }

    /// Writes the checkpoint.
    public func write(to writer: inout JSONWriter) {
        writer.object { $0.field("output", output) }
    }
}
