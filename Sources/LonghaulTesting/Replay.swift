public import LonghaulCore
public import LonghaulJSON
import LonghaulWorker
public import LonghaulWorkflow

/// Checks that code still fits the journals of jobs that ran before a change.
///
/// Store the journal of a typical job with `longhaul journal ID --json`, and replay it in a test:
///
/// ```swift
/// @Test func oldOrdersStillReplay() async throws {
///     let journal = try JSONText(parsing: Array(try Data(contentsOf: url)))
///     try await Replay.check(OrderProcess(), payload: Order(id: 7), journal: journal)
/// }
/// ```
public enum Replay {
    /// The code asks for another operation than the journal has.
    public struct Difference: Error, Sendable, CustomStringConvertible {
        /// The recorded operation.
        public let recorded: JournalOperation
        /// The type of the operation for which the code asks in its place.
        public let type: OperationType
        /// The name of the operation for which the code asks in its place.
        public let name: String

        /// Both sides.
        public var description: String {
            "the operation \"\(recorded.id)\" is recorded as \(recorded.type.rawValue) \"\(recorded.name)\", and the code asks for \(type.rawValue) \"\(name)\""
        }
    }

    /// Runs the code with the recorded outcomes, up to the end of the journal. Steps do not run.
    ///
    /// - Parameters:
    ///   - payload: the payload of the job.
    ///   - journal: the output of `longhaul journal --json`, or the answer of `GET /v1/jobs/{id}/journal`.
    /// - Throws: ``Difference``; `LonghaulError` if the text is not a journal.
    public static func check<Process: DurableJob>(
        _ process: Process, payload: Process.Payload, journal: JSONText
    ) async throws {
        try await check(process, payload: payload, journal: try JournalText.operations(in: journal))
    }

    /// Runs the code with the recorded outcomes of these operations, up to the end of the journal.
    ///
    /// - Throws: ``Difference``.
    public static func check<Process: DurableJob>(
        _ process: Process, payload: Process.Payload, journal: [JournalOperation]
    ) async throws {
        let now = Timestamp.distantPast
        let spec = JobSpec(kind: Process.kind, payload: try JSONText(encoding: payload))
        var job = Job(
            id: JobID(high: 0, low: 0), spec: spec, state: .processing, caller: "test", createdAt: now,
            runAt: now)
        job.attempt = 1
        do {
            try await JournalReplay.check(process, job: job, journal: journal)
        } catch let difference as JournalReplayDifference {
            throw Difference(
                recorded: difference.recorded, type: difference.type, name: difference.name)
        }
    }
}

/// The text of a journal.
enum JournalText {
    /// The operations in an array, or in the `items` of an object.
    static func operations(in text: JSONText) throws -> [JournalOperation] {
        let root = try JSONDocument(lenientlyParsing: text.bytes).root
        let faults = JSONFaults()
        let operations = (root["items"] ?? root).elements.enumerated().map { index, node in
            var reader = JSONObjectReader(node, at: JSONPointer.root.appending(index), faults: faults)
            return JournalOperation.read(&reader)
        }
        guard faults.isEmpty else { throw LonghaulError.invalid(faults.list) }
        return operations
    }
}
