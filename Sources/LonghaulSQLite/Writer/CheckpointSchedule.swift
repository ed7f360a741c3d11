/// Decides when the write-ahead log is copied into the database, and by which thread.
///
/// A checkpoint of many pages takes tens of milliseconds, in which no caller may have to wait for the writer. So a thread
/// of its own copies them beside the writer, which adds pages at the same time. Those few the writer copies itself
/// afterwards: only when the whole log is copied does SQLite start it again from its beginning.
struct CheckpointSchedule {
    /// What is to be done after a commit.
    enum Step {
        /// Start a checkpoint on the other thread.
        case startBeside
        /// Run a checkpoint on the writer's thread.
        case run
    }

    /// After how many pages of 4 KiB the log is copied.
    static let pages = 4_000
    /// How many pages the writer copies itself at most.
    static let maxPagesOfWriter = 500

    /// How long the log was when the other thread started; nil if it does not work.
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
            // A shorter log was started again.
            guard logPages >= startedAt else { return nil }
            guard logPages - startedAt > Self.maxPagesOfWriter else {
                // A reader may keep the log from being started again: it is copied further after as many pages.
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
