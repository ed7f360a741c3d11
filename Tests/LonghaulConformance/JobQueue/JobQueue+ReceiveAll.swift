package import LonghaulCore
import LonghaulTestSupport

extension JobQueue {
    /// Receives and acknowledges until all these IDs have arrived, each once or several times.
    package func receiveAll(_ entries: [QueueEntry], _ interest: QueueInterest) async throws {
        var missing = Set(entries.map(\.id))
        // One long wait: a server of Kafka without a waiting worker leaves the group after two seconds.
        try await eventually("all IDs arrive") {
            let deadline = SystemTime().now().adding(seconds: 60)
            if case .jobs(let found)? = try? await receive(interest, limit: 50, until: deadline) {
                missing.subtract(found)
                try await acknowledge(found)
            }
            return missing.isEmpty
        }
    }
}
