internal import LonghaulJSON

/// Parses one state. Blocks inside the state are collected, not parsed.
struct StateParser {
    let name: String
    let reader: FieldReader
    let names: [String: Int]
    let language: QueryLanguage
    /// The blocks of a Parallel or Map state.
    private(set) var nested: [FieldReader] = []

    private let machine: QueryLanguage

    init(name: String, reader: FieldReader, names: [String: Int], machine: QueryLanguage) {
        self.name = name
        self.reader = reader
        self.names = names
        self.machine = machine
        language = reader.node["QueryLanguage"]?.string.flatMap(QueryLanguage.init(rawValue:)) ?? machine
    }

    mutating func parse() throws(DefinitionError) -> State {
        guard reader.node.kind == .object else { throw reader.error("Expected an object") }
        _ = try reader.language(default: machine)
        let kind = try kind()
        return State(
            name: name, comment: reader["Comment"]?.string, language: language, kind: kind,
            next: try next(for: kind), data: try dataFields(), retriers: try retriers(),
            catchers: try catchers())
    }

    private func next(for kind: StateKind) throws(DefinitionError) -> Int? {
        switch kind {
        case .succeed, .fail, .choice: return nil
        default: break
        }
        if reader["End"]?.bool == true { return nil }
        return try index("Next", reader)
    }

    private func index(_ field: String, _ reader: FieldReader) throws(DefinitionError) -> Int {
        let target = try reader.requiredText(field)
        guard let index = names[target] else { throw reader.error("Missing state '\(target)'", field) }
        return index
    }

    private func dataFields() throws(DefinitionError) -> StateDataFields {
        StateDataFields(
            inputPath: try reader.dataPath("InputPath"),
            parameters: try reader.template("Parameters", language),
            resultSelector: try reader.template("ResultSelector", language),
            resultPath: try reader.resultPath(),
            outputPath: try reader.dataPath("OutputPath"),
            arguments: try reader.template("Arguments", language),
            output: try reader.template("Output", language), assign: try reader.template("Assign", language))
    }

    private mutating func kind() throws(DefinitionError) -> StateKind {
        let type = try reader.requiredText("Type")
        switch type {
        case "Pass": return .pass(result: reader["Result"].map { StateValue($0) })
        case "Task": return .task(try task())
        case "Choice": return .choice(try choice())
        case "Wait": return .wait(try wait())
        case "Succeed": return .succeed
        case "Fail":
            return .fail(
                error: try reader.computedText("Error", language),
                cause: try reader.computedText("Cause", language))
        case "Parallel":
            nested = try reader.objects("Branches")
            guard !nested.isEmpty else { throw reader.error("Value cannot be empty", "Branches") }
            return .parallel(branches: [])
        case "Map": return .map(try map())
        default: throw reader.error("Invalid value '\(type)'", "Type")
        }
    }

    private func task() throws(DefinitionError) -> TaskState {
        let arn = try reader.requiredText("Resource")
        guard let resource = TaskResource(arn: arn) else {
            throw reader.error("Value is not a valid resource ARN", "Resource")
        }
        return TaskState(
            resource: resource, timeout: try reader.number("TimeoutSeconds", language),
            heartbeat: try reader.number("HeartbeatSeconds", language),
            credentials: try reader.template("Credentials", language))
    }

    private func choice() throws(DefinitionError) -> ChoiceState {
        var rules: [ChoiceState.Rule] = []
        for rule in try reader.objects("Choices") {
            rules.append(
                ChoiceState.Rule(
                    condition: try condition(rule),
                    next: try index("Next", rule), assign: try rule.template("Assign", language),
                    output: try rule.template("Output", language)))
        }
        let fallback = reader["Default"] == nil ? nil : try index("Default", reader)
        return ChoiceState(rules: rules, fallback: fallback)
    }

    private func condition(_ rule: FieldReader) throws(DefinitionError) -> ChoiceState.Condition {
        if language == .jsonata {
            guard let condition = try rule.template("Condition", language) else {
                throw rule.error("Missing field 'Condition'")
            }
            return .expression(condition)
        }
        do {
            return .rule(try ChoiceRule(StateValue(rule.node)))
        } catch {
            throw DefinitionError(error.message, at: rule.location + error.location)
        }
    }

    private func wait() throws(DefinitionError) -> WaitState {
        if let seconds = try reader.number("Seconds", language) { return .seconds(seconds) }
        guard let timestamp = try reader.computedText("Timestamp", language) else {
            throw reader.error("A Wait state needs Seconds or Timestamp")
        }
        return .timestamp(timestamp)
    }

    private func retriers() throws(DefinitionError) -> [Retrier] {
        var retriers: [Retrier] = []
        for reader in try reader.objects("Retry") {
            retriers.append(
                Retrier(
                    errors: try reader.texts("ErrorEquals"),
                    intervalSeconds: reader["IntervalSeconds"]?.double ?? 1,
                    maxAttempts: reader["MaxAttempts"]?.int.map { Int(clamping: $0) } ?? 3,
                    backoffRate: reader["BackoffRate"]?.double ?? 2,
                    maxDelaySeconds: reader["MaxDelaySeconds"]?.double,
                    hasFullJitter: reader["JitterStrategy"]?.string == "FULL"))
        }
        return retriers
    }

    private func catchers() throws(DefinitionError) -> [Catcher] {
        var catchers: [Catcher] = []
        for reader in try reader.objects("Catch") {
            catchers.append(
                Catcher(
                    errors: try reader.texts("ErrorEquals"), next: try index("Next", reader),
                    resultPath: try reader.resultPath(), assign: try reader.template("Assign", language),
                    output: try reader.template("Output", language)))
        }
        return catchers
    }
}

extension StateParser {
    fileprivate mutating func map() throws(DefinitionError) -> MapState {
        let name = reader["ItemProcessor"] == nil ? "Iterator" : "ItemProcessor"
        guard let processor = try reader.nested(name) else {
            throw reader.error("Missing field 'ItemProcessor'")
        }
        nested = [processor]
        let config = try processor.nested("ProcessorConfig")
        let isDistributed = config?["Mode"]?.string == "DISTRIBUTED"
        return MapState(
            block: 0, isDistributed: isDistributed,
            isExpress: config?["ExecutionType"]?.string == "EXPRESS",
            itemsPath: try reader.dataPath("ItemsPath"), items: try reader.template("Items", language),
            selector: try selector(),
            maxConcurrency: try reader.number("MaxConcurrency", language), batcher: try batcher(),
            reader: try itemReader(), writer: try resultWriter(),
            toleratedCount: try reader.number("ToleratedFailureCount", language),
            toleratedPercentage: try reader.number("ToleratedFailurePercentage", language),
            label: try reader.text("Label"))
    }

    /// The item selector, under its name of today or of before.
    private func selector() throws(DefinitionError) -> Template? {
        let isOld = language == .jsonPath && reader["ItemSelector"] == nil
        return try reader.template(isOld ? "Parameters" : "ItemSelector", language)
    }

    private func batcher() throws(DefinitionError) -> ItemBatcher? {
        guard let reader = try reader.nested("ItemBatcher") else { return nil }
        return ItemBatcher(
            input: try reader.template("BatchInput", language),
            maxItems: try reader.number("MaxItemsPerBatch", language),
            maxBytes: try reader.number("MaxInputBytesPerBatch", language))
    }

    private func itemReader() throws(DefinitionError) -> ItemReader? {
        guard let reader = try reader.nested("ItemReader") else { return nil }
        let config = try reader.nested("ReaderConfig")
        let format = ItemFormat(
            inputType: try config?.text("InputType"), delimiter: try config?.text("CSVDelimiter"),
            headerLocation: try config?.text("CSVHeaderLocation"),
            headers: try config?.texts("CSVHeaders") ?? [],
            itemsPointer: try config?.text("ItemsPointer"),
            manifestType: try config?.text("ManifestType"))
        return ItemReader(
            resource: try reader.requiredText("Resource"),
            parameters: try reader.template(language == .jsonata ? "Arguments" : "Parameters", language),
            format: format,
            maxItems: try config?.number("MaxItems", language))
    }

    private func resultWriter() throws(DefinitionError) -> ResultWriter? {
        guard let reader = try reader.nested("ResultWriter") else { return nil }
        let config = try reader.nested("WriterConfig")
        return ResultWriter(
            resource: try reader.text("Resource"),
            parameters: try reader.template(language == .jsonata ? "Arguments" : "Parameters", language),
            transformation: try config?.text("Transformation"), outputType: try config?.text("OutputType"))
    }
}
