import CProcess

/// Keeps programs away from the worker that runs them.
public enum ProgramIsolation {
    /// Hides the environment that this process was started with from `/proc/PID/environ`. To be called before
    /// anything else reads the environment.
    public static func hideEnvironment() {
        longhaul_hide_environment()
    }

    /// Overwrites a secret in the command line that `ps` shows.
    public static func hideInArguments(_ secret: String) {
        longhaul_hide_in_arguments(secret)
    }

    /// Prepares a process whose children are all programs of workers: their orphans become its children, no process
    /// of the same user reads its memory, and the leftovers of dead workers are removed.
    ///
    /// - Returns: how many folders of dead workers there were, and how many of their processes.
    public static func prepareWorker() -> (folders: Int, processes: Int) {
        _ = longhaul_make_unreadable()
        Subreaper.adoptOrphans()
        let removed = WorkerFolder.removeLeftovers()
        // The guardian is started while the process is small: it keeps a copy of its memory.
        if let folder = try? WorkerFolder.current() { try? Guardian.shared.start(over: folder) }
        return removed
    }
}
