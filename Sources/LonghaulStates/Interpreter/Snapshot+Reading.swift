public import LonghaulJSON

/// Why a stored snapshot cannot be read.
public struct SnapshotError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong.
    public let description: String

    /// An error.
    public init(description: String) {
        self.description = description
    }
}

extension ExecutionSnapshot {
    /// Reads a stored snapshot.
    ///
    /// - Throws: ``SnapshotError`` if a part is missing or damaged, or a later version of Longhaul wrote it.
    public init(parts: [String: JSONText]) throws(SnapshotError) {
        guard let info = parts["info"], let head = parts["head"] else {
            throw SnapshotError(description: "The snapshot has no information on its execution")
        }
        self.init(try ExecutionInfo(PartReader(info, "info")))
        header = try Header(PartReader(head, "head"))
        changed = []
        var rest: [(SnapshotKey, PartReader)] = []
        for (name, text) in parts {
            guard let key = SnapshotKey(name: name) else {
                throw SnapshotError(description: "The snapshot has an unknown part \"\(name)\"")
            }
            try read(key, PartReader(text, name), parts, &rest)
        }
        for (key, reader) in rest { try readMember(key, reader) }
        try shareInputs()
        for (id, branch) in branches { index(branch, id) }
        if let timer = header.timeoutTimer { timerOwners[timer] = -1 }
    }

    /// Reads the parts that do not depend on others.
    private mutating func read(
        _ key: SnapshotKey, _ reader: PartReader, _ parts: [String: JSONText],
        _ rest: inout [(SnapshotKey, PartReader)]
    ) throws(SnapshotError) {
        switch key {
        case .info, .header, .items, .mapInput: break
        case .branch(let id): branches[id] = try Branch(reader)
        case .group(let id):
            guard let items = parts["i\(id)"] else { throw reader.error("has no items") }
            groups[id] = try BranchGroup(reader, items: PartReader(items, "i\(id)"))
        case .mapRun(let id):
            guard let input = parts["n\(id)"] else { throw reader.error("has no input") }
            mapRuns[id] = try MapRun(reader, input: PartReader(input, "n\(id)").value)
        case .result, .page, .child: rest.append((key, reader))
        }
    }

    /// Reads a part of a group or of a map run.
    private mutating func readMember(_ key: SnapshotKey, _ reader: PartReader) throws(SnapshotError) {
        switch key {
        case .result(let id, let index):
            if groups[id] != nil {
                groups[id]?.results[index] = reader.value
            } else {
                mapRuns[id]?.results[index] = reader.value
            }
        case .page(let id, let page):
            guard let count = mapRuns[id]?.pages.count, page < count else {
                throw reader.error("belongs to no map run")
            }
            mapRuns[id]?.pages[page] = reader.value.array ?? []
        case .child(let id, let index):
            let count = Int(reader.node.int ?? 0)
            if count > 0 {
                mapRuns[id]?.running[index] = count
            } else {
                mapRuns[id]?.unsuccessful[index] = -count
            }
        default: break
        }
    }

    /// Gives the branches of Parallel states the inputs that are stored with the states.
    private mutating func shareInputs() throws(SnapshotError) {
        var inputs: [Int: Payload] = [:]
        for (id, branch) in branches where branch.sharesInput {
            guard let owner = branch.owner, let group = groups[owner] else {
                throw SnapshotError(description: "Part \"b\(id)\" of the snapshot has no \"input\"")
            }
            let input = inputs[owner] ?? Payload(group.input)
            inputs[owner] = input
            branches[id]?.input = input
        }
    }

    /// Notes which tasks and timers a branch waits for.
    private mutating func index(_ branch: Branch, _ id: Int) {
        if case .task(let run) = branch.activity { taskOwners[run.id] = id }
        for timer in branch.timers { timerOwners[timer] = id }
    }
}

/// Reads the fields of a part.
struct PartReader {
    let node: JSONNode
    let name: String

    init(_ text: JSONText, _ name: String) throws(SnapshotError) {
        self.name = name
        do {
            node = try JSONDocument(lenientlyParsing: text.bytes).root
        } catch {
            throw SnapshotError(description: "Part \"\(name)\" of the snapshot: \(error.message)")
        }
    }

    init(_ node: JSONNode, _ name: String) {
        self.node = node
        self.name = name
    }

    var value: StateValue { StateValue(node) }

    func error(_ message: String) -> SnapshotError {
        SnapshotError(description: "Part \"\(name)\" of the snapshot \(message)")
    }

    func optionalInteger(_ field: String) -> Int? { node[field]?.int.map { Int($0) } }
    func text(_ field: String) -> String? { node[field]?.string }
    func flag(_ field: String) -> Bool { node[field]?.bool == true }

    func integer(_ field: String) throws(SnapshotError) -> Int {
        guard let value = optionalInteger(field) else { throw error("has no \"\(field)\"") }
        return value
    }

    func payload(_ field: String) throws(SnapshotError) -> Payload {
        guard let node = node[field] else { throw error("has no \"\(field)\"") }
        return Payload(value: StateValue(node), text: node.text)
    }

    func nested(_ field: String) -> PartReader? { node[field].map { PartReader($0, name) } }

    func elements(_ field: String) -> [PartReader] {
        (node[field]?.elements ?? []).map { PartReader($0, name) }
    }

    func integers(_ field: String) -> [Int] {
        (node[field]?.elements ?? []).compactMap { $0.int.map { Int($0) } }
    }
}
