internal import LonghaulJSON

/// A JSON object of state data. It keeps its keys in the order in which they were added.
public struct StateObject: Sendable {
    /// The keys in their order.
    public private(set) var keys: [String] = []
    /// The values in the order of their keys.
    public private(set) var values: [StateValue] = []
    /// Positions by key; built once the object has more keys than a scan is good for.
    private var positions: [JSONString: Int]?

    private static let scanLimit = 8

    /// An empty object.
    public init() {}

    /// An object with these members. The last of equal keys wins.
    public init(_ members: some Sequence<(String, StateValue)>) {
        for (key, value) in members { self[key] = value }
    }

    /// The number of members.
    public var count: Int { keys.count }

    /// Whether there are no members.
    public var isEmpty: Bool { keys.isEmpty }

    /// The members in their order.
    public var members: Zip2Sequence<[String], [StateValue]> { zip(keys, values) }

    /// The value of a key. A new key is added at the end; assigning nil removes the key.
    public subscript(key: String) -> StateValue? {
        get { position(of: key).map { values[$0] } }
        set {
            guard let newValue else { return remove(key) }
            if let index = position(of: key) {
                values[index] = newValue
            } else {
                append(key, newValue)
            }
        }
    }

    private func position(of key: String) -> Int? {
        let key = JSONString(key)
        if let positions { return positions[key] }
        return keys.firstIndex { JSONString($0) == key }
    }

    private mutating func append(_ key: String, _ value: StateValue) {
        keys.append(key)
        values.append(value)
        if positions != nil {
            positions?[JSONString(key)] = keys.count - 1
        } else if keys.count > StateObject.scanLimit {
            indexKeys()
        }
    }

    private mutating func remove(_ key: String) {
        guard let index = position(of: key) else { return }
        keys.remove(at: index)
        values.remove(at: index)
        positions = nil
        if keys.count > StateObject.scanLimit { indexKeys() }
    }

    private mutating func indexKeys() {
        positions = Dictionary(
            zip(keys.map { JSONString($0) }, keys.indices), uniquingKeysWith: { first, _ in first })
    }
}

extension StateObject: Hashable {
    /// Compares the members in any order.
    public static func == (left: StateObject, right: StateObject) -> Bool {
        left.count == right.count && left.members.allSatisfy { right[$0] == $1 }
    }

    /// Hashes the members without their order.
    public func hash(into hasher: inout Hasher) {
        var sum = 0
        for (key, value) in members {
            var member = Hasher()
            member.combine(JSONString(key))
            member.combine(value)
            sum &+= member.finalize()
        }
        hasher.combine(sum)
    }
}
