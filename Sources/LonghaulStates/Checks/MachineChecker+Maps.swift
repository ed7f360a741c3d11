extension MachineChecker {
    /// Checks the fields that only Map states have.
    func checkMap(of state: CheckedPart) {
        checkProcessor(of: state)
        checkLabel(of: state)
        checkItems(of: state)
        if let reader = part("ItemReader", of: state) {
            checkSource(
                reader, required: ["Resource"],
                allowed: ["Resource", "ReaderConfig", "Parameters", "Arguments", "Bucket", "Comment"])
            checkService(of: reader, ["s3:getObject", "s3:listObjectsV2", "longhaul:getArtifact"])
            if let config = part("ReaderConfig", of: reader) {
                checkFields(of: config, FieldRule.reader)
                checkWords(of: config, MachineChecker.readerWords)
            }
        }
        if let writer = part("ResultWriter", of: state) {
            checkSource(
                writer, required: [],
                allowed: ["Resource", "WriterConfig", "Parameters", "Arguments", "Bucket", "Comment"])
            checkService(of: writer, ["s3:putObject"])
            if let config = part("WriterConfig", of: writer) {
                checkWords(of: config, MachineChecker.writerWords)
            }
        }
        if let batcher = part("ItemBatcher", of: state) { checkFields(of: batcher, FieldRule.batcher) }
    }

    /// The part of a state in a field; nil if the field is missing or is no object.
    private func part(_ field: String, of state: CheckedPart) -> CheckedPart? {
        guard let value = state.fields[field] else { return nil }
        guard let object = value.object else {
            report("Expected value of type Object", state.place(field))
            return nil
        }
        return state.part(object, state.place(field))
    }

    private func checkProcessor(of state: CheckedPart) {
        guard let field = ["ItemProcessor", "Iterator"].first(where: { state.fields[$0] != nil }),
            let processor = state.fields[field]
        else { return report("These fields are required: [ItemProcessor]", state.location) }
        let place = state.place(field)
        checkBranch(processor, place, allowed: ["StartAt", "States", "Comment", "ProcessorConfig"])
        guard let config = processor["ProcessorConfig"] else { return }
        let configPlace = "\(place)/ProcessorConfig"
        guard config.object != nil else { return report("Expected value of type Object", configPlace) }
        let mode = config["Mode"]?.string ?? "INLINE"
        guard ["INLINE", "DISTRIBUTED"].contains(mode) else {
            return report("Value must be one of the following: [INLINE, DISTRIBUTED]", "\(configPlace)/Mode")
        }
        guard mode == "DISTRIBUTED" else { return }
        guard !options.isExpress else {
            return report(
                "Express state machine does not support the mode DISTRIBUTED", "\(configPlace)/Mode")
        }
        guard let type = config["ExecutionType"] else {
            return report("These fields are required: [ExecutionType]", configPlace)
        }
        if !["STANDARD", "EXPRESS"].contains(type.string) {
            report("Value must be one of the following: [STANDARD, EXPRESS]", "\(configPlace)/ExecutionType")
        }
    }

    private func checkSource(_ source: CheckedPart, required: [String], allowed: Set<String>) {
        for name in source.fields.keys where !allowed.contains(name) {
            report("Field '\(name)' is not supported", source.location)
        }
        let missing = required.filter { source.fields[$0] == nil }
        if !missing.isEmpty {
            report("These fields are required: [\(missing.joined(separator: ", "))]", source.location)
        }
        let templates: [String: FieldRule] = [
            "Parameters": FieldRule(.template, .jsonPath), "Arguments": FieldRule(.template, .jsonata),
        ]
        let fields = StateObject(
            source.fields.members.filter { templates[$0.0] != nil }.map { ($0.0, $0.1) })
        checkFields(of: source.part(fields, source.location), templates)
    }

    /// Checks that a server can run the resource of a reader or a writer.
    private func checkService(of source: CheckedPart, _ known: Set<String>) {
        guard let value = source.fields["Resource"] else { return }
        let place = source.place("Resource")
        guard let arn = value.string else { return report("Expected value of type String", place) }
        guard let action = TaskResource(arn: arn)?.action,
            known.contains("\(action.service):\(action.action)")
        else { return reportUnknown(arn, place) }
    }

    /// The words that fields of a reader's configuration may have. AWS knows more of them.
    private static let readerWords = [
        ("InputType", ["CSV", "JSON", "JSONL", "MANIFEST"]), ("Transformation", ["NONE"]),
        ("CSVHeaderLocation", ["FIRST_ROW", "GIVEN"]),
        ("CSVDelimiter", ["COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"]),
        ("ManifestType", ["S3_INVENTORY", "ATHENA_DATA"]),
    ]

    private static let writerWords = [
        ("Transformation", ["NONE", "COMPACT", "FLATTEN"]), ("OutputType", ["JSON", "JSONL"]),
    ]

    private func checkWords(of config: CheckedPart, _ fields: [(name: String, words: [String])]) {
        for (name, words) in fields {
            guard let word = config.fields[name]?.string, !words.contains(word) else { continue }
            report(
                "Value must be one of the following: [\(words.joined(separator: ", "))]", config.place(name))
        }
    }

    private func checkItems(of state: CheckedPart) {
        guard let items = state.fields["Items"], state.language == .jsonata else { return }
        let isExpression = items.string.map { QueryExpression.isExpression($0) } ?? false
        if !isExpression, items.array == nil, items.object == nil {
            report("Value must be an array, an object or a JSONata expression", state.place("Items"))
        }
        checkQueries(in: items, state.place("Items"), state, field: "Items")
    }

    private func checkLabel(of state: CheckedPart) {
        guard let value = state.fields["Label"] else { return }
        let place = state.place("Label")
        guard let label = value.string else { return report("Expected value of type String", place) }
        if let invalid = label.unicodeScalars.first(where: MachineChecker.isInvalidInLabel) {
            let shown = PythonText.quoted(String(invalid))
            return report(.invalidLabelName, "Label contains invalid character: \(shown)", place)
        }
        if label.isEmpty || label.unicodeScalars.count > 40 {
            report("Label must have 1 to 40 characters", place)
        }
        if !insert(label: label) { report(.duplicateLabelName, "Duplicate label: \(label)", place) }
    }

    private static func isInvalidInLabel(_ scalar: Unicode.Scalar) -> Bool {
        " \"#$%&*,:;<>?[]\\^`{|}~/".unicodeScalars.contains(scalar)
            || scalar.properties.generalCategory == .control
            || scalar.properties.isWhitespace || [0xFFFE, 0xFFFF, 0x10FFFF].contains(scalar.value)
    }
}
