internal import LonghaulJSON

extension ExecutionSnapshot {
    /// How the execution has ended; nil while it runs.
    public var end: ExecutionEnd? {
        let error = header.error ?? StateError(name: nil, cause: nil)
        switch header.status {
        case .running: return nil
        case .succeeded: return .succeeded(output: header.output?.text ?? .null)
        case .failed: return .failed(error)
        case .aborted: return .aborted(error)
        case .timedOut: return .timedOut(error)
        }
    }

    /// A state that is entered and not left.
    public struct ActiveState: Sendable, Hashable {
        /// The state's index in the definition.
        public let state: Int
        /// The event of its entry.
        public let entryEvent: Int
        /// The time of its entry, in milliseconds since 1970.
        public let entryTime: Int64
        /// The number of retries.
        public let retryCount: Int
    }

    /// The states that are entered and not left, in the order of their entry.
    public var activeStates: [ActiveState] {
        branches.values.compactMap { branch in
            branch.state.map {
                ActiveState(
                    state: $0, entryEvent: branch.entryEvent, entryTime: branch.entryTime,
                    retryCount: branch.retryCount)
            }
        }.sorted { $0.entryEvent < $1.entryEvent }
    }

    /// The number of items that a map run has received from its reader; nil if it receives none.
    public func itemsRead(byMapRun id: Int) -> Int? {
        mapRuns[id].flatMap { $0.phase == .reading ? $0.total : nil }
    }
}
