import LonghaulClient
import LonghaulCore
import LonghaulJSON

extension Commands {
    static let submit = Command(
        name: "submit", summary: "Submits a job and prints its ID.",
        arguments: [Argument(name: "KIND", help: "The kind of the job, which selects the handler.")],
        options: [
            Options.payload, Options.jobQueue, Options.priority, Options.delay, Options.key, Options.wait,
            Options.maxAttempts, Options.timeout, Options.tags, Options.actor, Options.dependsOn,
            Options.size, Options.needs, Options.callbackURL,
            Options.json,
        ] + Options.client,
        notes: [
            "When the ID is printed, the job is durable. With --wait, the exit code is the result of the job."
        ]
    ) { invocation in
        let request = try newJob(invocation)
        let asJSON = try invocation.value(Options.json)
        let waits = try invocation.value(Options.wait)
        return try await invocation.withClient { client in
            let job = try await client.submit(request).job
            if !asJSON { try Console.print(job.id.description) }
            guard waits else {
                if asJSON { try Console.print(json: job) }
                return .done
            }
            let ended = try await JobWatch.wait(for: [job.id], client) { ended in
                if asJSON { try Console.print(json: ended) } else { Console.note(Format.ending(of: ended)) }
            }
            return ended
        }
    }

    private static func newJob(_ invocation: Invocation) throws -> NewJob {
        var job = NewJob(try jobSpec(invocation, kind: invocation.argument(0)))
        job.namesDefaultQueue = try invocation.value(Options.jobQueue) == JobSpec.defaultQueue
        job.idempotencyKey = try invocation.value(Options.key)
        job.dependsOn = try invocation.value(Options.dependsOn).map { .job($0) }
        job.spec.callbackURL = try invocation.value(Options.callbackURL)
        if let delay = try invocation.value(Options.delay) { job.start = .after(seconds: delay) }
        return job
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
