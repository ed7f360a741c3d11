/// A program as a handler: an entry of a handlers file.
public struct ProgramSpec: Sendable, Hashable {
    /// The kind of job that it runs.
    public var kind: String
    /// The program and its arguments, which may hold references such as `{payload.width:int}`.
    public var command: [String] {
        didSet { templates = command.map(Self.template) }
    }
    /// The parts of ``command``, parsed.
    private(set) var templates: [Result<ArgumentTemplate, ArgumentTemplate.UnknownType>]
    /// The only queue to take such jobs from; nil takes them from every queue of the worker.
    public var queue: String?
    /// The maximum number of jobs of the kind at once.
    public var concurrency: Int?
    /// How long an attempt may run, in seconds, where the job itself does not say.
    public var timeoutSeconds: Double?
    /// How long the program may take to end after TERM before it gets KILL, in seconds.
    public var killGraceSeconds = 5.0
    /// Variables that the program gets, beside the few that every program gets.
    public var environment: [String: String] = [:]
    /// The names of the worker's variables that the program gets as well.
    public var passEnvironment: [String] = []
    /// Whether a value of the payload may begin an argument with `-`.
    public var allowsOptions = false
    /// The folders in which a file that a `:path` reference names must lie; empty for any.
    public var pathsWithin: [String] = []
    /// The resource limits of the program.
    public var limits = ProgramLimits()
    /// The maximum length of the result, in bytes.
    public var maxResultBytes = 64 << 20
    /// The folder against which relative paths of the command are resolved: the handlers file's own.
    public var folder: String

    /// The worker's variables that every program gets.
    public static let inheritedVariables: Set<String> = ["PATH", "HOME", "LANG", "TZ"]

    /// A program for the kind.
    public init(kind: String, command: [String], folder: String) {
        self.kind = kind
        self.command = command
        templates = command.map(Self.template)
        self.folder = folder
    }

    /// Whether an argument names a file of the payload, for ``pathsWithin`` to restrict.
    var hasPathReference: Bool {
        templates.contains { template in
            (try? template.get())?.references.contains { $0.type == .path } ?? false
        }
    }

    private static func template(
        _ argument: String
    ) -> Result<ArgumentTemplate, ArgumentTemplate.UnknownType> {
        Result { () throws(ArgumentTemplate.UnknownType) in try ArgumentTemplate(argument) }
    }
}
