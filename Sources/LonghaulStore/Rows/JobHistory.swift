package import LonghaulCore

/// The history of a job: one entry of fixed width for each change of its state, oldest first, in one column of its
/// row. A job's version is the number of its changes.
///
/// Each change writes the whole column. So the oldest entries of a job with many changes are removed, and an entry in their place counts
/// them.
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
    /// The maximum number of entries. A history that exceeds it loses the older half.
    package static let maxEntries = 256
    /// The first byte of the entry that counts removed ones. No state has this code.
    private static let removed = UInt8.max

    /// The entries, as they are stored.
    package private(set) var bytes: [UInt8]

    package init(bytes: [UInt8] = []) {
        self.bytes = bytes
    }

    /// The number of changes.
    package var version: Int { removedCount + entryCount }

    /// The number of changes whose entries were removed.
    package var removedCount: Int { start == 0 ? 0 : Int(moment(at: 2).milliseconds) }

    /// How many of the removed entries were leases.
    package var removedLeases: Int { start == 0 ? 0 : Int(moment(at: 8).milliseconds) }

    /// Where the entries of changes begin.
    private var start: Int { bytes.first == Self.removed ? Self.width : 0 }

    private var entryCount: Int { (bytes.count - start) / Self.width }

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
        if entryCount > Self.maxEntries { removeOldest() }
    }

    private mutating func removeOldest() {
        let count = Self.maxEntries / 2
        let end = start + count * Self.width
        let leases = stride(from: start, to: end, by: Self.width).count {
            bytes[$0] == UInt8(JobState.processing.code)
        }
        var shorter = JobHistory(bytes: [Self.removed, 0])
        shorter.append(Timestamp(milliseconds: Int64(removedCount + count)))
        shorter.append(Timestamp(milliseconds: Int64(removedLeases + leases)))
        bytes = shorter.bytes + bytes[end...]
    }

    private mutating func append(_ moment: Timestamp) {
        let value = UInt64(max(0, moment.milliseconds))
        for shift in stride(from: UInt64(40), through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    /// The entries, oldest first.
    package func entries() throws -> [Entry] {
        try stride(from: start, to: bytes.count, by: Self.width).map { place in
            Entry(
                state: try JobState(code: Int(bytes[place])), attempt: Int(bytes[place + 1]),
                at: moment(at: place + 2), runAt: moment(at: place + 8))
        }
    }

    private func moment(at start: Int) -> Timestamp {
        Timestamp(milliseconds: bytes[start..<start + 6].reduce(Int64(0)) { $0 << 8 | Int64($1) })
    }
}
