public import LonghaulJSON

extension JSONText {
    /// `{}`
    public static let emptyObject = JSONText(validated: Array("{}".utf8))
}

extension StateMachineInfo: JSONReadable, JSONWritable {
    /// Reads a state machine, leniently.
    public static func read(_ reader: inout JSONObjectReader) -> StateMachineInfo {
        var machine = StateMachineInfo(
            name: reader.requiredString("name") ?? "", arn: reader.string("arn") ?? "",
            type: reader.needed("type", "a type") { $0.choice($1, of: Kind.self) } ?? .standard,
            revision: reader.string("revision") ?? "",
            createdAt: reader.needed("created_at", "a time") { $0.timestamp($1) } ?? .distantFuture)
        machine.definition = reader.text("definition").flatMap { $0.isNull ? nil : $0 }
        machine.tags = reader.labels("tags") ?? [:]
        machine.updatedAt = reader.timestamp("updated_at")
        return machine
    }

    /// Writes the machine as the API shows it.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("name", name)
            writer.field("arn", arn)
            writer.field("type", type.rawValue)
            writer.field("revision", revision)
            if let definition { writer.field("definition", definition) }
            writer.field("tags", tags)
            writer.field("created_at", createdAt)
            writer.field("updated_at", updatedAt)
        }
    }
}

extension JSONObjectReader {
    /// A definition: a JSON object, or its text.
    fileprivate mutating func definition() -> String {
        guard let node = node("definition"), !node.isNull else {
            fault("definition", "is required, expected an object, or a string that holds its text")
            return ""
        }
        switch node.kind {
        case .string: return node.string ?? ""
        case .object: return node.text.description
        default:
            fault("definition", "expected an object, or a string that holds its text, got \(node.kindName)")
            return ""
        }
    }
}

extension JSONObjectReader {
    /// The name of a new machine or execution.
    mutating func stateName(_ name: String) -> String? {
        guard let text = string(name) else { return nil }
        if !StateMachineRules.isName(text) {
            fault(
                name,
                ##"expected 1 to 80 characters without spaces, control characters and any of <>{}[]?*"#%\^|~`$&,;:/"##
            )
        }
        return text
    }

    /// The tags of a machine.
    fileprivate mutating func machineTags(_ name: String) -> [String: String]? {
        guard let tags = labels(name) else { return nil }
        expectCount(tags.count, of: name, within: StateMachineRules.tags)
        for (key, value) in tags.sorted(by: { $0.key < $1.key }) where !StateMachineRules.isTag(key, value) {
            faults.add(
                pointer(to: name).appending(key),
                "expected a key of 1 to 128 characters that does not begin with aws:, and a value of at most 256: letters, digits, spaces and _.:/=+-@"
            )
        }
        return tags
    }
}

extension JSONWriter {
    /// A definition: as an object if it is one that servers accept as a part of a body, else as text.
    fileprivate mutating func definition(_ text: String) {
        let bytes = Array(text.utf8)
        if let parsed = try? JSONText(parsing: bytes, maxDepth: StateMachineSpec.maxObjectDepth),
            bytes.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) == UInt8(ascii: "{")
        {
            field("definition", parsed)
        } else {
            field("definition", text)
        }
    }
}

extension StateMachineSpec: JSONWritable {
    /// The maximum nesting of a definition that is sent as an object. Bodies nest at most 64 deep.
    fileprivate static let maxObjectDepth = 60

    fileprivate static func readFields(_ reader: inout JSONObjectReader) -> StateMachineSpec {
        StateMachineSpec(
            definition: reader.definition(), type: reader.choice("type", of: StateMachineInfo.Kind.self),
            tags: reader.machineTags("tags"))
    }

    fileprivate func writeFields(to writer: inout JSONWriter) {
        writer.definition(definition)
        if let type { writer.field("type", type.rawValue) }
        if let tags { writer.field("tags", tags) }
    }

    /// Writes the content as the body of a request.
    public func write(to writer: inout JSONWriter) {
        writer.object(writeFields)
    }
}

extension StateMachineSpec: JSONReadable {
    /// Reads the content, strictly.
    public static func read(_ reader: inout JSONObjectReader) -> StateMachineSpec {
        let spec = readFields(&reader)
        reader.finish()
        return spec
    }
}

extension NewStateMachine: JSONReadable, JSONWritable {
    /// Reads a request, strictly.
    public static func read(_ reader: inout JSONObjectReader) -> NewStateMachine {
        let machine = NewStateMachine(
            name: reader.needed("name", "a string") { $0.stateName($1) } ?? "",
            StateMachineSpec.readFields(&reader))
        reader.finish()
        return machine
    }

    /// Writes the request.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("name", name)
            spec.writeFields(to: &writer)
        }
    }
}

extension DefinitionCheck: JSONReadable, JSONWritable {
    /// Reads a request, strictly.
    public static func read(_ reader: inout JSONObjectReader) -> DefinitionCheck {
        let check = DefinitionCheck(
            definition: reader.definition(),
            type: reader.choice("type", of: StateMachineInfo.Kind.self) ?? .standard)
        reader.finish()
        return check
    }

    /// Writes the request.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.definition(definition)
            writer.field("type", type.rawValue)
        }
    }
}

extension DefinitionReport: JSONReadable, JSONWritable {
    /// Reads a report, leniently.
    public static func read(_ reader: inout JSONObjectReader) -> DefinitionReport {
        DefinitionReport(
            problems: reader.objects("problems") { reader in
                Problem(
                    severity: reader.choice("severity", of: Problem.Severity.self) ?? .error,
                    code: reader.string("code") ?? "", message: reader.string("message") ?? "",
                    pointer: reader.string("pointer") ?? "")
            } ?? [])
    }

    /// Writes the report.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("is_valid", isValid)
            writer.array("problems") { writer in
                for problem in problems {
                    writer.object { writer in
                        writer.field("severity", problem.severity.rawValue)
                        writer.field("code", problem.code)
                        writer.field("message", problem.message)
                        writer.field("pointer", problem.pointer)
                    }
                }
            }
        }
    }
}

extension StateTestSpec: JSONReadable {
    /// Reads a request, strictly.
    public static func read(_ reader: inout JSONObjectReader) -> StateTestSpec {
        var test = StateTestSpec(definition: reader.definition(), state: reader.string("state"))
        test.input = reader.text("input") ?? .emptyObject
        test.variables = reader.objectText("variables")
        test.context = reader.objectText("context")
        test.retryCount = reader.int("retry_count", within: 0...1000)
        if var mock = reader.object("mock") { test.mock = Mock.read(&mock) }
        reader.finish()
        return test
    }
}

extension StateTestSpec.Mock {
    fileprivate static func read(_ reader: inout JSONObjectReader) -> StateTestSpec.Mock? {
        var mock = reader.text("result").map { StateTestSpec.Mock.result($0) }
        if var error = reader.object("error") {
            if mock != nil { reader.fault("error", "excludes result") }
            mock = .error(error.string("error"), cause: error.string("cause"))
            error.finish()
        }
        if mock == nil { reader.fault("result", "is required, unless there is an error") }
        reader.finish()
        return mock
    }
}

extension JSONObjectReader {
    /// The text of a field that must be an object; nil if it is absent.
    fileprivate mutating func objectText(_ name: String) -> JSONText? {
        guard let node = node(name), !node.isNull else { return nil }
        guard node.kind == .object else {
            fault(name, "expected an object, got \(node.kindName)")
            return nil
        }
        return node.text
    }
}
