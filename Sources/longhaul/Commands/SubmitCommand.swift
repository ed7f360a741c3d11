import LonghaulClient
import LonghaulCore
import LonghaulJSON

extension Commands {
    static let submit = Command(
        name: "submit", summary: "Submits a job and prints its ID.",
        arguments: [
            Argument(
                name: "KIND",
                help: "The kind of the job, which selects the handler; - to read jobs from standard input.")
        ],
        options: workOptions + [
            Options.delay, Options.runAt, Options.expiresAt, Options.key, Options.uniqueBy, Options.wait,
            Options.dependsOn, Options.parent, Options.json,
        ] + Options.client,
        notes: [
            "When the ID is printed, the job is durable. With --wait, the result of the job is printed as well, and the "
                + "exit code is 0 only if it was completed.",
            "With -, each line of standard input is a job as JSON: {\"kind\": \"mail\", \"payload\": {\"to\": \"a@b.c\"}}. "
                + "They are submitted in batches of 1,000, each batch as a whole. The other options are not allowed then.",
        ]
    ) { invocation in
        if invocation.argument(0) == "-" { return try await submitLines(invocation) }
        let request = try newJob(invocation)
        let asJSON = try invocation.value(Options.json)
        let waits = try invocation.value(Options.wait)
        return try await invocation.withClient { client in
            try await shown(try await client.submit(request).job, waits: waits, asJSON: asJSON, client)
        }
    }

    /// Prints a submitted job, and its end if the caller waits for it.
    private static func shown(
        _ job: Job, waits: Bool, asJSON: Bool, _ client: LonghaulClient
    ) async throws -> ExitCode {
        if !asJSON { try Console.print(job.id.description) }
        guard waits else {
            if asJSON { try Console.print(json: job) }
            return .done
        }
        return try await JobWatch.wait(for: [job.id], client) { ended in
            guard !asJSON else { return try Console.print(json: ended) }
            Console.note(Format.ending(of: ended))
            if let result = ended.result { try Console.print(result.description) }
        }
    }

    private static func newJob(_ invocation: Invocation) throws -> NewJob {
        var job = NewJob(try jobSpec(invocation, kind: invocation.argument(0)))
        job.namesDefaultQueue = try invocation.value(Options.jobQueue) == JobSpec.defaultQueue
        job.idempotencyKey = try invocation.value(Options.key)
        job.dependsOn = try invocation.value(Options.dependsOn).map { .job($0) }
        job.parentID = try invocation.value(Options.parent)
        job.spec.callbackURL = try invocation.value(Options.callbackURL)
        job.spec.retentionSeconds = try invocation.value(Options.retention)
        job.spec.expiresAt = try invocation.value(Options.expiresAt)
        let parts = try invocation.value(Options.uniqueBy)
        if !parts.isEmpty { job.unique = UniqueRule(by: Set(parts)) }
        let delay = try invocation.value(Options.delay)
        if let moment = try invocation.value(Options.runAt) {
            if delay != nil { throw UsageError("--delay and --run-at exclude each other", command: "submit") }
            job.start = .at(moment)
        } else if let delay {
            job.start = .after(seconds: delay)
        }
        return job
    }

    /// The options that describe the work of a job.
    private static let workOptions: [any DeclaredOption] = [
        Options.payload, Options.jobQueue, Options.priority, Options.maxAttempts, Options.timeout,
        Options.retention, Options.tags, Options.actor, Options.size, Options.needs, Options.callbackURL,
    ]

    /// The number of jobs that one call submits.
    private static let linesPerBatch = 1000

    /// Submits the jobs of standard input, and prints their IDs in the order of the lines.
    private static func submitLines(_ invocation: Invocation) async throws -> ExitCode {
        let command = invocation.command.name
        let others: [any DeclaredOption] = [
            Options.delay, Options.runAt, Options.expiresAt, Options.key, Options.uniqueBy, Options.wait,
            Options.dependsOn, Options.parent,
        ]
        for option in workOptions + others where invocation.settings.isGiven(option) {
            throw UsageError("\(option.declaration.flag) cannot be combined with -", command: command)
        }
        let asJSON = try invocation.value(Options.json)
        try await invocation.withClient { client in
            var input = LineInput()
            var number = 0
            var isOver = false
            while !isOver {
                var jobs: [NewJob] = []
                let first = number + 1
                while jobs.count < linesPerBatch {
                    guard let line = try input.next() else {
                        isOver = true
                        break
                    }
                    number += 1
                    if line.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") }) { continue }
                    do {
                        jobs.append(try NewJob.decode(line))
                    } catch let error as LonghaulError {
                        throw RunError("line \(number): \(error.detail)")
                    }
                }
                guard !jobs.isEmpty else { continue }
                do {
                    for entry in try await client.submit(NewJobBatch(jobs: jobs)).jobs {
                        if asJSON {
                            try Console.print(json: entry.job)
                        } else {
                            try Console.print(entry.job.id.description)
                        }
                    }
                } catch var error as LonghaulError {
                    error.detail +=
                        " (in the batch of lines \(first) to \(number); earlier batches are submitted)"
                    throw error
                }
            }
        }
        return .done
    }

    static let copy = Command(
        name: "copy", summary: "Submits a copy of a job, due at once, and prints its ID.",
        arguments: [.job],
        options: [
            Options.payload, Options.jobQueue, Options.priority, Options.wait, Options.json,
        ] + Options.client,
        notes: ["The options replace fields of the copy. It has no parent, no dependencies and no key."]
    ) { invocation in
        let id = try invocation.read(0, as: .jobID)
        let fields = try copiedFields(invocation)
        let asJSON = try invocation.value(Options.json)
        let waits = try invocation.value(Options.wait)
        return try await invocation.withClient { client in
            try await shown(
                try await client.copy(id, replacing: fields).job, waits: waits, asJSON: asJSON, client)
        }
    }

    private static func copiedFields(_ invocation: Invocation) throws -> JSONText {
        var writer = JSONWriter()
        let payload = try payload(invocation, Options.payload)
        let hasPayload = try invocation.value(Options.payload) != nil
        let queue = try invocation.value(Options.jobQueue)
        let priority = try invocation.value(Options.priority)
        writer.object { writer in
            if hasPayload { writer.field("payload", payload) }
            if let queue { writer.field("queue", queue) }
            if let priority { writer.field("priority", priority) }
        }
        return writer.text
    }

    /// The job that a command's options describe.
    static func jobSpec(_ invocation: Invocation, kind: String) throws -> JobSpec {
        var spec = JobSpec(
            kind: kind, payload: try payload(invocation, Options.payload),
            queue: try invocation.value(Options.jobQueue) ?? JobSpec.defaultQueue)
        if let priority = try invocation.value(Options.priority) { spec.priority = priority }
        if let attempts = try invocation.value(Options.maxAttempts) { spec.maxAttempts = attempts }
        spec.timeoutSeconds = try invocation.value(Options.timeout)
        spec.actor = try invocation.value(Options.actor)
        spec.tags = try invocation.labels(Options.tags)
        spec.size = try invocation.value(Options.size).map(Int64.init)
        spec.labels = try invocation.labels(Options.needs)
        return spec
    }

    /// The JSON value of an option that names it, a file or the standard input.
    static func payload(_ invocation: Invocation, _ option: Option<String?>) throws -> JSONText {
        guard let text = try invocation.value(option) else { return .null }
        func fault(_ message: String) -> UsageError { invocation.settings.usageError(option, message) }
        let bytes: [UInt8]
        do {
            if text == "-" {
                bytes = try Files.readStandardInput()
            } else if text.hasPrefix("@") {
                bytes = try Files.read(String(text.dropFirst()))
            } else {
                bytes = Array(text.utf8)
            }
        } catch {
            throw fault("\(text == "-" ? "standard input" : String(text.dropFirst())) \(error.message)")
        }
        do {
            return try JSONText(parsing: bytes)
        } catch {
            throw fault("not JSON: " + ErrorPosition.describe(error, in: bytes))
        }
    }
}

extension Invocation {
    /// The labels of an option. A later value replaces an earlier one of the same key.
    func labels(_ option: Option<[Label]>) throws -> [String: String] {
        Dictionary(try value(option).map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
    }
}

/// The position of a JSON error in a text.
enum ErrorPosition {
    /// The message of the error, with the line and the column if it has a byte offset.
    static func describe(_ error: JSONError, in bytes: [UInt8]) -> String {
        guard let offset = error.offset, offset <= bytes.count else { return error.message }
        let before = bytes[..<offset]
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        return "\(error.message) (line \(line), column \(offset - start + 1))"
    }
}
