/// An entry of a handlers file: the program for one kind of job.
public struct ProgramSpec: Sendable, Hashable {
    /// The kind of job that it runs.
    public var kind: String
    /// The program and its arguments, which may contain references such as `{payload.width:int}`.
    public var command: [String] {
        didSet { templates = command.map(Self.template) }
    }
    /// The parts of ``command``, parsed.
    private(set) var templates: [Result<ArgumentTemplate, ArgumentTemplate.UnknownType>]
    /// The only queue from which the worker takes jobs of this kind; nil for every queue of the worker.
    public var queue: String?
    /// The maximum number of jobs of the kind at once.
    public var concurrency: Int?
    /// The timeout of an attempt, in seconds, for a job that sets none.
    public var timeoutSeconds: Double?
    /// The time between SIGTERM and SIGKILL, in seconds.
    public var killGraceSeconds = 5.0
    /// Additional environment variables of the program.
    public var environment: [String: String] = [:]
    /// The names of the worker's environment variables to pass to the program.
    public var passEnvironment: [String] = []
    /// Whether a value of the payload may begin an argument with `-`.
    public var allowsOptions = false
    /// The folders that must contain each file named by a `:path` reference; empty for any folder.
    public var pathsWithin: [String] = []
    /// The resource limits of the program.
    public var limits = ProgramLimits()
    /// The maximum length of the result, in bytes.
    public var maxResultBytes = 64 << 20
    /// The folder of the handlers file, against which relative paths of the command are resolved.
    public var folder: String

    /// The environment variables that the worker passes to every program.
    public static let inheritedVariables: Set<String> = ["PATH", "HOME", "LANG", "TZ"]

    /// Creates an entry for the kind.
    public init(kind: String, command: [String], folder: String) {
        self.kind = kind
        self.command = command
        templates = command.map(Self.template)
        self.folder = folder
    }

    /// Whether an argument has a `:path` reference, which ``pathsWithin`` restricts.
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
