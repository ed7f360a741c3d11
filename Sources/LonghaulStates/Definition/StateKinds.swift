/// What is particular to a Task state.
public struct TaskState: Sendable {
    /// The work.
    public let resource: TaskResource
    /// Maximum time from the task's start to its end.
    public let timeout: NumberField?
    /// Maximum time between two heartbeats.
    public let heartbeat: NumberField?
    /// The role that the task assumes: an object with `RoleArn`.
    public let credentials: Template?
}

/// What is particular to a Choice state.
public struct ChoiceState: Sendable {
    /// The rules, in the order in which they are tried.
    public internal(set) var rules: [Rule]
    /// The state that runs next if no rule matches; nil for an error.
    public internal(set) var fallback: Int?

    /// A rule.
    public struct Rule: Sendable {
        /// When the rule matches.
        public let condition: Condition
        /// The state that runs next.
        public internal(set) var next: Int
        /// The variables to assign.
        public let assign: Template?
        /// The output (JSONata).
        public let output: Template?
    }

    /// When a rule matches.
    public enum Condition: Sendable {
        /// A comparison (JSONPath).
        case rule(ChoiceRule)
        /// An expression that must be a boolean (JSONata).
        case expression(Template)
    }
}

/// What is particular to a Wait state.
public enum WaitState: Sendable {
    /// Waits for a number of seconds.
    case seconds(NumberField)
    /// Waits for a point in time.
    case timestamp(TextField)
}

/// What is particular to a Map state.
public struct MapState: Sendable {
    /// The item processor.
    public internal(set) var block: Int
    /// Whether each item runs as an execution of its own.
    public let isDistributed: Bool
    /// Whether the child executions are Express executions.
    public let isExpress: Bool
    /// Selects the items (JSONPath).
    public let itemsPath: DataPath
    /// The items (JSONata); nil for the state's input.
    public let items: Template?
    /// Builds the input of each iteration.
    public let selector: Template?
    /// Maximum number of iterations at the same time; 0 for no limit.
    public let maxConcurrency: NumberField?
    /// Puts several items into each child execution.
    public let batcher: ItemBatcher?
    /// Reads the items from outside.
    public let reader: ItemReader?
    /// Writes the results to the outside.
    public let writer: ResultWriter?
    /// How many items may fail.
    public let toleratedCount: NumberField?
    /// What part of the items may fail, in percent.
    public let toleratedPercentage: NumberField?
    /// The name of the map run; nil for a generated one.
    public let label: String?
}

/// Puts several items into each child execution.
public struct ItemBatcher: Sendable {
    /// Data that each child receives beside its items.
    public let input: Template?
    /// Maximum number of items of a child.
    public let maxItems: NumberField?
    /// Maximum size of a child's input, in bytes.
    public let maxBytes: NumberField?
}

/// Reads the items of a distributed map.
public struct ItemReader: Sendable {
    /// The source: `arn:aws:states:::s3:getObject`.
    public let resource: String
    /// The parameters of the source.
    public let parameters: Template?
    /// The form of the data.
    public let format: ItemFormat
    /// Maximum number of items.
    public let maxItems: NumberField?
}

/// The form in which a source has items.
public struct ItemFormat: Sendable, Hashable {
    /// `JSON`, `JSONL`, `CSV`, `PARQUET` or `MANIFEST`; nil for a listing of objects.
    public let inputType: String?
    /// The character between two fields of CSV: `COMMA`, `TAB` and so on.
    public let delimiter: String?
    /// Whether the header is the first row of CSV (`FIRST_ROW`) or given (`GIVEN`).
    public let headerLocation: String?
    /// The header that is given.
    public let headers: [String]
    /// Where the items are in a JSON document: a JSON pointer.
    public let itemsPointer: String?
    /// The type of a manifest.
    public let manifestType: String?

    /// A form.
    public init(
        inputType: String?, delimiter: String? = nil, headerLocation: String? = nil, headers: [String] = [],
        itemsPointer: String? = nil, manifestType: String? = nil
    ) {
        self.inputType = inputType
        self.delimiter = delimiter
        self.headerLocation = headerLocation
        self.headers = headers
        self.itemsPointer = itemsPointer
        self.manifestType = manifestType
    }
}

/// Writes the results of a distributed map.
public struct ResultWriter: Sendable {
    /// The destination: `arn:aws:states:::s3:putObject`; nil to return the results in the state's output.
    public let resource: String?
    /// The parameters of the destination.
    public let parameters: Template?
    /// `NONE`, `COMPACT` or `FLATTEN`; nil for the default.
    public let transformation: String?
    /// `JSON` or `JSONL`; nil for the default.
    public let outputType: String?
}
