internal import LonghaulJSON

extension StateMachine {
    /// Maximum nesting of the JSON of a definition.
    private static let maxDepth = 1000

    /// Parses a definition.
    ///
    /// It refuses what cannot run. It does not check all that AWS checks when a machine is created.
    ///
    /// - Throws: ``DefinitionError`` with the place of the first error.
    public init(parsing bytes: [UInt8]) throws(DefinitionError) {
        guard bytes.count <= StateMachine.maxBytes else {
            throw DefinitionError("The definition is longer than \(StateMachine.maxBytes) bytes")
        }
        let document: JSONDocument
        do {
            document = try JSONDocument(parsing: bytes, maxDepth: StateMachine.maxDepth)
        } catch {
            throw DefinitionError("Invalid JSON: \(error.message)")
        }
        var parser = MachineParser()
        self = try parser.parse(document.root)
    }

    /// Parses a definition.
    ///
    /// - Throws: ``DefinitionError`` with the place of the first error.
    public init(parsing text: String) throws(DefinitionError) {
        try self.init(parsing: Array(text.utf8))
    }
}

/// Parses blocks one after the other, from the outside to the inside, so that nesting takes no stack.
private struct MachineParser {
    private var blocks: [StateBlock] = []
    private var states: [State] = []
    private var pending: [PendingBlock] = []
    private var language = QueryLanguage.jsonPath

    /// A block that was found and is not parsed yet.
    private struct PendingBlock {
        let reader: FieldReader
        let index: Int
    }

    mutating func parse(_ root: JSONNode) throws(DefinitionError) -> StateMachine {
        let reader = FieldReader(node: root, location: "")
        guard root.kind == .object else { throw DefinitionError("The definition must be an object") }
        language = try reader.language(default: .jsonPath)
        _ = try add(reader, owner: nil, nesting: 0)
        var next = 0
        while next < pending.count {
            try parse(pending[next])
            next += 1
        }
        return StateMachine(
            comment: root["Comment"]?.string, version: root["Version"]?.string ?? "1.0",
            timeoutSeconds: root["TimeoutSeconds"]?.int.map { Int(clamping: $0) }, blocks: blocks,
            states: states)
    }

    /// Adds a block to those that are to be parsed.
    mutating func add(_ reader: FieldReader, owner: Int?, nesting: Int) throws(DefinitionError) -> Int {
        guard nesting <= StateMachine.maxNesting else {
            throw DefinitionError(
                "Parallel and Map states are nested more than \(StateMachine.maxNesting) deep",
                at: reader.location)
        }
        blocks.append(StateBlock(start: 0, states: [:], owner: owner, nesting: nesting))
        pending.append(PendingBlock(reader: reader, index: blocks.count - 1))
        return blocks.count - 1
    }

    private mutating func parse(_ block: PendingBlock) throws(DefinitionError) {
        let start = try block.reader.requiredText("StartAt")
        let members = try block.reader.requiredObject("States").members
        let first = states.count
        var names: [String: Int] = [:]
        for (offset, member) in members.enumerated() { names[member.key] = first + offset }
        guard let index = names[start] else {
            throw DefinitionError("Missing state '\(start)'", at: "\(block.reader.location)/StartAt")
        }
        blocks[block.index].states = names
        blocks[block.index].start = index
        for member in members {
            let reader = FieldReader(
                node: member.value, location: "\(block.reader.location)/States/\(member.key)")
            var parser = StateParser(name: member.key, reader: reader, names: names, machine: language)
            states.append(try parser.parse())
            try addBlocks(parser.nested, owner: states.count - 1, inside: blocks[block.index])
        }
    }

    /// Adds the blocks of a Parallel or Map state.
    private mutating func addBlocks(
        _ readers: [FieldReader], owner: Int, inside block: StateBlock
    ) throws(DefinitionError) {
        guard !readers.isEmpty else { return }
        var indices: [Int] = []
        for reader in readers {
            indices.append(try add(reader, owner: owner, nesting: block.nesting + 1))
        }
        switch states[owner].kind {
        case .parallel: states[owner].kind = .parallel(branches: indices)
        case .map(var map):
            map.block = indices[0]
            states[owner].kind = .map(map)
        default: break
        }
    }
}
