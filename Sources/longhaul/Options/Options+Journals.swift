/// Journals and signals of durable jobs.
extension Options {
    static let maxJobOperations = Option.value(
        "max-job-operations", "N", .integer(1...1_000_000), default: 10_000, setting: true,
        "The maximum number of operations in the journal of a job; a checkpoint is one.")
    static let maxJobJournalBytes = Option.value(
        "max-job-journal-bytes", "N", .integer(65_536...(1 << 40)), default: 16 << 20, setting: true,
        "The maximum size of the journal of a job, in bytes.")
    static let signalPayload = Option.optional(
        "payload", short: "p", "JSON|@FILE|-", .text, fallback: "null",
        "The value of the signal: JSON, a file that holds it, or - for standard input.")
    static let signalKey = Option.optional(
        "key", "KEY", .text, "An idempotency key: a repeated signal with the same key is sent once.")
    static let fromOperation = Option.optional(
        "from", "OPERATION", .text,
        "The identifier of the first operation that runs again, as longhaul journal shows it. Required.")
}
