import LonghaulCore
import Synchronization

/// States of executions that wait, so that the next step on this server reads the reports alone.
///
/// A state is valid for the next lease of its job: if another server had taken the job in between, the fence would be greater by two.
final class StateCache: Sendable {
    private struct Entry {
        let state: RunnerState
        let fence: Int
        var lastUse: UInt64
    }

    private struct Contents {
        var entries: [JobID: Entry] = [:]
        var order: [(use: UInt64, id: JobID)] = []
        var first = 0
        var bytes = 0
        var uses: UInt64 = 0
    }

    private let maxBytes: Int
    private let contents = Mutex(Contents())
    /// What an entry needs beside the parts of its state, in bytes: the parsed values and the tables.
    private static let overhead = 2048
    /// How much larger the values of a state are than their texts.
    private static let expansion = 4

    /// - Parameter maxBytes: the estimated maximum size of all states.
    init(maxBytes: Int) {
        self.maxBytes = maxBytes
    }

    private static func size(_ state: RunnerState) -> Int { overhead + expansion * state.byteCount }

    /// Takes the state that the previous lease of a job has left; nil if this server has none, or another server has had the job.
    func take(_ token: LeaseToken) -> RunnerState? {
        contents.withLock { contents in
            guard let entry = contents.entries.removeValue(forKey: token.jobID) else { return nil }
            contents.bytes -= StateCache.size(entry.state)
            return entry.fence + 1 == token.fence ? entry.state : nil
        }
    }

    /// Stores the state at the end of a lease.
    func put(_ state: RunnerState, after token: LeaseToken) {
        let size = StateCache.size(state)
        guard size <= maxBytes else { return }
        contents.withLock { contents in
            contents.uses += 1
            let entry = Entry(state: state, fence: token.fence, lastUse: contents.uses)
            if let old = contents.entries.updateValue(entry, forKey: token.jobID) {
                contents.bytes -= StateCache.size(old.state)
            }
            contents.bytes += size
            contents.order.append((contents.uses, token.jobID))
            while contents.bytes > maxBytes, contents.first < contents.order.count { evict(&contents) }
            // Entries that were taken since leave their places behind.
            if contents.first > 1024 || contents.order.count > 4 * contents.entries.count + 64 {
                compact(&contents)
            }
        }
    }

    private func evict(_ contents: inout Contents) {
        let oldest = contents.order[contents.first]
        contents.first += 1
        guard let entry = contents.entries[oldest.id], entry.lastUse == oldest.use else { return }
        contents.entries[oldest.id] = nil
        contents.bytes -= StateCache.size(entry.state)
    }

    private func compact(_ contents: inout Contents) {
        let entries = contents.entries
        contents.order = contents.order[contents.first...].filter { entries[$0.id]?.lastUse == $0.use }
        contents.first = 0
    }
}
