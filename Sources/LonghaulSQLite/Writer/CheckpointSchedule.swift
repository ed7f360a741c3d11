/// Decides when the write-ahead log is copied into the database, and by which thread.
///
/// A checkpoint of many pages takes tens of milliseconds, and callers must not wait that long for the writer. A
/// separate thread copies the pages while the writer adds new ones. The writer then copies the few new pages itself,
/// because SQLite restarts the log only after it has been copied completely.
struct CheckpointSchedule {
    /// The action after a commit.
    enum Step {
        /// Start a checkpoint on the other thread.
        case startBeside
        /// Run a checkpoint on the writer's thread.
        case run
    }

    /// The length of the log, in pages of 4 KiB, from which it is copied.
    static let pages = 4_000
    /// The maximum number of pages that the writer copies itself.
    static let maxPagesOfWriter = 500

    /// The length of the log when the other thread started; nil while it is idle.
    private var startedAt: Int?
    private var nextAt = Self.pages

    /// The next step; nil if there is none.
    ///
    /// - Parameters:
    ///   - logPages: the length of the log.
    ///   - isBesideIdle: whether the other thread has ended its checkpoint.
    mutating func step(logPages: Int, isBesideIdle: Bool) -> Step? {
        if let startedAt {
            guard isBesideIdle else { return nil }
            self.startedAt = nil
            // A shorter log has restarted.
            guard logPages >= startedAt else { return nil }
            guard logPages - startedAt > Self.maxPagesOfWriter else {
                // A reader can prevent the restart of the log. The next checkpoint follows after the same number of
                // pages.
                nextAt = logPages + Self.pages
                return .run
            }
        } else {
            if logPages < nextAt - Self.pages { nextAt = Self.pages }
            guard logPages >= nextAt else { return nil }
        }
        startedAt = logPages
        return .startBeside
    }
}
