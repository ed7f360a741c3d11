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
    let pages: Int
    /// The maximum number of pages that the writer copies itself.
    var maxPagesOfWriter: Int { pages / 8 }

    /// The length of the log when the other thread started; nil while it is idle.
    private var startedAt: Int?
    private var nextAt: Int

    init(pages: Int = 4_000) {
        self.pages = pages
        nextAt = pages
    }

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
            guard logPages - startedAt > maxPagesOfWriter else {
                // A reader can prevent the restart of the log. The next checkpoint follows after the same number of
                // pages.
                nextAt = logPages + pages
                return .run
            }
        } else {
            if logPages < nextAt - pages { nextAt = pages }
            guard logPages >= nextAt else { return nil }
        }
        startedAt = logPages
        return .startBeside
    }
}
