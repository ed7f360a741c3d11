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

    /// The task whose heartbeat a timer watches; nil if it is another timer.
    public func heartbeatTask(ofTimer id: Int) -> Int? {
        guard let branch = timerOwners[id], case .task(let run) = branches[branch]?.activity,
            run.heartbeatTimer == id
        else { return nil }
        return run.id
    }

    /// Whether a task has not ended.
    public func isOpen(task id: Int) -> Bool { taskOwners[id] != nil }

    /// What a map run has done so far.
    public struct MapRunCounts: Sendable, Hashable {
        /// The number of items, as far as they are read.
        public let items: Int
        /// The number of items that no child has received.
        public let pendingItems: Int
        /// The number of items of the children that run.
        public let runningItems: Int
        /// The number of children that were started.
        public let started: Int
        /// The indices of the children that run.
        public let running: Set<Int>
    }

    /// What a map run has done so far; nil if there is no such map run, or it has ended.
    ///
    /// Complexity: O(children that run).
    public func counts(ofMapRun id: Int) -> MapRunCounts? {
        mapRuns[id].map { run in
            MapRunCounts(
                items: run.total, pendingItems: run.pendingCount,
                runningItems: run.running.values.reduce(0, +), started: run.started,
                running: Set(run.running.keys))
        }
    }

    /// The number of items of a child of a map run that has not ended; nil for other children.
    public func itemCount(ofChild index: Int, inMapRun id: Int) -> Int? { mapRuns[id]?.running[index] }
}
