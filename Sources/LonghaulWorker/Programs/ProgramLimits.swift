/// Resource limits of a program, set with `setrlimit` before it starts. They apply to each process
/// of the program. A program never writes a core dump, because it would contain the job's data.
public struct ProgramLimits: Sendable, Hashable {
    /// The maximum of private memory that a process may write to, in bytes (`RLIMIT_DATA`).
    public var memoryBytes: Int?
    /// The maximum size of a file that a process may write, in bytes (`RLIMIT_FSIZE`).
    public var fileBytes: Int?
    /// The maximum number of processes and threads of the worker's user, this program's included
    /// (`RLIMIT_NPROC`). It does not bind root.
    public var processes: Int?
    /// The maximum number of open files of a process (`RLIMIT_NOFILE`).
    public var openFiles: Int?
    /// The maximum of processor time of a process, in seconds (`RLIMIT_CPU`).
    public var cpuSeconds: Int?

    /// No limits.
    public init() {}
}
