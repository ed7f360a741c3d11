/// The branches of a Parallel state, or the iterations of an inline map.
struct BranchGroup: Sendable {
    /// The blocks of a Parallel state; the item processor of a map.
    let blocks: [Int]
    /// The items of a map; nil for a Parallel state.
    let items: [StateValue]?
    /// The number of branches or iterations.
    let count: Int
    /// Maximum number of iterations at the same time.
    let maxConcurrency: Int
    /// What a map's item selector reads as its input.
    let input: StateValue
    /// The index of the next iteration to start.
    var next = 0
    /// The branches that have not ended, by their index.
    var active: [Int: Int] = [:]
    /// The outputs by index.
    var results: [Int: StateValue] = [:]

    var isMap: Bool { items != nil }
    var isComplete: Bool { results.count == count }

    /// The outputs in order.
    var output: StateValue {
        .array((0..<count).map { results[$0] ?? .null })
    }
}
