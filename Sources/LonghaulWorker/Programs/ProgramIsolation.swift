import CProcess

/// Isolates programs from the worker that runs them.
public enum ProgramIsolation {
    /// Hides the environment of this process from `/proc/PID/environ`. Call it before any other code reads the
    /// environment.
    public static func hideEnvironment() {
        longhaul_hide_environment()
    }

    /// Overwrites a secret in the command line, which `ps` shows.
    public static func hideInArguments(_ secret: String) {
        longhaul_hide_in_arguments(secret)
    }

    /// Prepares a process whose children are all programs of workers. It adopts their orphans, protects its memory from
    /// other processes of the user, and removes the temporary folders and processes of dead workers.
    ///
    /// - Returns: the number of removed folders and of killed processes.
    public static func prepareWorker() -> (folders: Int, processes: Int) {
        _ = longhaul_make_unreadable()
        Subreaper.adoptOrphans()
        let removed = WorkerFolder.removeLeftovers()
        // The guardian keeps a copy of this process's memory, so it starts while the process is small.
        if let folder = try? WorkerFolder.current() { try? Guardian.shared.start(over: folder) }
        return removed
    }
}
