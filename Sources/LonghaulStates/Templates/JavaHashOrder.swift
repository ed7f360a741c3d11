/// The order in which Java's `HashMap` lists its keys. AWS's recordings show it in the fields of payload templates
/// and in merged objects.
enum JavaHashOrder {
    /// The positions of the keys in their order.
    static func sorted(_ keys: [String]) -> [Int] {
        var capacity = 16
        while keys.count * 4 > capacity * 3 { capacity *= 2 }
        let buckets = keys.map { hash($0) & UInt32(capacity - 1) }
        return keys.indices.sorted { (buckets[$0], $0) < (buckets[$1], $1) }
    }

    private static func hash(_ key: String) -> UInt32 {
        var hash: UInt32 = 0
        for unit in key.utf16 { hash = hash &* 31 &+ UInt32(unit) }
        return hash ^ (hash >> 16)
    }
}
