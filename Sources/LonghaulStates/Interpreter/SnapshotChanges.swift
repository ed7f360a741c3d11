public import LonghaulJSON

/// The parts of a snapshot that a step has changed.
public struct SnapshotChanges: Sendable, Hashable {
    /// The parts by their keys; nil for parts that are gone.
    public let parts: [String: JSONText?]

    /// Changes.
    public init(parts: [String: JSONText?]) {
        self.parts = parts
    }

    /// Applies the changes to stored parts.
    public func apply(to stored: inout [String: JSONText]) {
        for (key, part) in parts { stored[key] = part }
    }
}

extension ExecutionSnapshot {
    /// The version of the form in which snapshots are stored.
    public static let formatVersion = 1

    /// The parts that have changed since the last call.
    mutating func takeChanges() -> SnapshotChanges {
        var parts: [String: JSONText?] = [:]
        for key in changed { parts.updateValue(part(key), forKey: key.name) }
        changed = []
        return SnapshotChanges(parts: parts)
    }

    /// All parts by their keys.
    ///
    /// Complexity: O(size of the snapshot). Steps report what they change; see ``StepResult/changes``.
    public var parts: [String: JSONText] {
        var parts: [String: JSONText] = [:]
        for key in keys { parts[key.name] = part(key) }
        return parts
    }

    private var keys: [SnapshotKey] {
        var keys: [SnapshotKey] = [.info, .header]
        keys += branches.keys.map { .branch($0) }
        for (id, group) in groups {
            keys += [.group(id), .items(id)]
            keys += group.results.keys.map { .result(group: id, index: $0) }
        }
        for (id, run) in mapRuns {
            keys += [.mapRun(id), .mapInput(id)]
            keys += run.pages.indices.map { .page(id, $0) }
            keys += run.results.keys.map { .result(group: id, index: $0) }
            keys += run.running.keys.map { .child(id, $0) }
            keys += run.unsuccessful.keys.map { .child(id, $0) }
        }
        return keys
    }

    /// The text of a part; nil if it was deleted.
    private func part(_ key: SnapshotKey) -> JSONText? {
        switch key {
        case .info: text(of: info)
        case .header: text(of: header)
        case .branch(let id): branches[id].map { text(of: $0) }
        case .group(let id): groups[id].map { text(of: $0) }
        case .items(let id): groups[id].map { text(of: GroupItems(input: $0.input, items: $0.items)) }
        case .result(let id, let index): (groups[id]?.results ?? mapRuns[id]?.results)?[index]?.json
        case .mapRun(let id): mapRuns[id].map { text(of: $0) }
        case .mapInput(let id): mapRuns[id]?.input.json
        case .page(let id, let page): pageText(id, page)
        case .child(let id, let index): childText(id, index)
        }
    }

    private func pageText(_ id: Int, _ page: Int) -> JSONText? {
        guard let pages = mapRuns[id]?.pages, page < pages.count, !pages[page].isEmpty else { return nil }
        return text(of: pages[page])
    }

    /// The number of items of a child that runs, negative for one that has failed; nil for others.
    private func childText(_ id: Int, _ index: Int) -> JSONText? {
        guard let run = mapRuns[id] else { return nil }
        if let count = run.running[index] { return text(of: count) }
        return run.unsuccessful[index].map { text(of: -$0) }
    }

    private func text(of value: some JSONWritable) -> JSONText {
        var writer = JSONWriter()
        writer.element(value)
        return writer.text
    }
}

/// The items of a group, and what its item selector reads.
struct GroupItems {
    let input: StateValue
    let items: [StateValue]?
}

extension SnapshotKey {
    /// The key under which the part is stored.
    var name: String {
        switch self {
        case .info: "info"
        case .header: "head"
        case .branch(let id): "b\(id)"
        case .group(let id): "g\(id)"
        case .items(let id): "i\(id)"
        case .result(let group, let index): "r\(group).\(index)"
        case .mapRun(let id): "m\(id)"
        case .mapInput(let id): "n\(id)"
        case .page(let id, let page): "p\(id).\(page)"
        case .child(let id, let index): "c\(id).\(index)"
        }
    }

    /// The part that is stored under a key; nil for other texts.
    init?(name: String) {
        switch name {
        case "info": self = .info
        case "head": self = .header
        default:
            let numbers = name.dropFirst().split(separator: ".", omittingEmptySubsequences: false).map {
                Int($0)
            }
            guard let kind = name.first, let id = numbers.first ?? nil else { return nil }
            let second = numbers.count == 2 ? numbers[1] : nil
            guard numbers.count == 1 || second != nil else { return nil }
            self.init(kind, id, second)
        }
    }

    private init?(_ kind: Character, _ id: Int, _ second: Int?) {
        switch (kind, second) {
        case ("b", nil): self = .branch(id)
        case ("g", nil): self = .group(id)
        case ("i", nil): self = .items(id)
        case ("m", nil): self = .mapRun(id)
        case ("n", nil): self = .mapInput(id)
        case ("r", let index?): self = .result(group: id, index: index)
        case ("p", let page?): self = .page(id, page)
        case ("c", let index?): self = .child(id, index)
        default: return nil
        }
    }
}
