/// A program as a handler: an entry of a handlers file.
public struct ProgramSpec: Sendable, Hashable {
    /// The kind of job that it runs.
    public var kind: String
    /// The program and its arguments, which may hold references such as `{payload.width}`.
    public var command: [String]
    /// The only queue to take such jobs from; nil takes them from every queue of the worker.
    public var queue: String?
    /// The most jobs of the kind at once.
    public var concurrency: Int?
    /// How long an attempt may run, in seconds, where the job itself does not say.
    public var timeoutSeconds: Double?
    /// How long the program may take to end after TERM before it gets KILL, in seconds.
    public var killGraceSeconds = 5.0
    /// Added to the program's environment.
    public var environment: [String: String] = [:]
    /// The folder against which relative paths of the command are resolved: the handlers file's own.
    public var folder: String

    /// A program for the kind.
    public init(kind: String, command: [String], folder: String) {
        self.kind = kind
        self.command = command
        self.folder = folder
    }
}
