import LonghaulBroker
import LonghaulCore

/// The body of a message: the ID and the kind of a job, separated by a space.
enum SQSMessage {
    static func body(_ entry: QueueEntry) -> String { "\(entry.id) \(entry.kind)" }

    /// The job and its lane; nil for a message that Longhaul did not write.
    static func parse(_ body: String, from place: SQSPlace) -> (lane: Lane, id: JobID)? {
        let parts = body.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2, let id = JobID(String(parts[0])), !parts[1].isEmpty,
            parts[1].utf8.count <= maxKindBytes
        else { return nil }
        return (Lane(queue: place.queue, kind: String(parts[1]), band: place.band), id)
    }

    private static let maxKindBytes = 200
}
