package import LonghaulCore

/// The history of a job: one entry of fixed width for each change of its state, oldest first, in one column of its
/// row. A job's version is the number of entries.
package struct JobHistory: Sendable {
    /// A change of state.
    package struct Entry {
        /// The state that it went to.
        package var state: JobState
        package var attempt: Int
        package var at: Timestamp
        package var runAt: Timestamp

        package init(state: JobState, attempt: Int, at: Timestamp, runAt: Timestamp) {
            self.state = state
            self.attempt = attempt
            self.at = at
            self.runAt = runAt
        }
    }

    private static let width = 14

    /// The entries, as they are stored.
    package private(set) var bytes: [UInt8]

    package init(bytes: [UInt8] = []) {
        self.bytes = bytes
    }

    /// How many entries there are.
    package var version: Int { bytes.count / Self.width }

    /// When the latest change happened; nil if there was none.
    package var latestAt: Timestamp? {
        bytes.isEmpty ? nil : moment(at: bytes.count - Self.width + 2)
    }

    /// Adds a change.
    package mutating func append(_ entry: Entry) {
        bytes.reserveCapacity(bytes.count + Self.width)
        bytes.append(UInt8(entry.state.code))
        bytes.append(UInt8(clamping: entry.attempt))
        append(entry.at)
        append(entry.runAt)
    }

    private mutating func append(_ moment: Timestamp) {
        let value = UInt64(max(0, moment.milliseconds))
        for shift in stride(from: UInt64(40), through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    /// Every entry, oldest first.
    package func entries() throws -> [Entry] {
        try stride(from: 0, to: bytes.count, by: Self.width).map { start in
            Entry(
                state: try JobState(code: Int(bytes[start])), attempt: Int(bytes[start + 1]),
                at: moment(at: start + 2), runAt: moment(at: start + 8))
        }
    }

    private func moment(at start: Int) -> Timestamp {
        Timestamp(milliseconds: bytes[start..<start + 6].reduce(Int64(0)) { $0 << 8 | Int64($1) })
    }
}
