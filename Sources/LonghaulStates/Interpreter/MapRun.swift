/// A distributed map that runs.
struct MapRun: Sendable {
    /// What the map run does next.
    enum Phase: String, Sendable {
        case reading, running, writing
    }

    let arn: String
    /// What the item selector reads as its input.
    let input: StateValue
    var maxConcurrency: Int
    var tolerance: Tolerance
    let batch: Batch?
    /// Whether the children's outputs are the state's result.
    let collectsResults: Bool
    var phase = Phase.running
    /// The items, in the pages in which they were read. Pages that children have received are empty.
    var pages: [[StateValue]] = []
    /// The page with the next item.
    var page = 0
    /// The position of the next item in its page.
    var position = 0
    /// The number of items that no child has received.
    var pendingCount = 0
    /// The number of items that children have received.
    var itemsStarted = 0
    /// The number of children that were started.
    var started = 0
    /// The number of items of each child that has not ended.
    var running: [Int: Int] = [:]
    /// The number of items that have failed.
    var failedItems = 0
    /// The outputs by index, if they are the state's result.
    var results: [Int: StateValue] = [:]
    /// The size of the outputs.
    var resultBytes = 0
    /// The number of items of each child that has ended without success.
    var unsuccessful: [Int: Int] = [:]

    /// How many items may fail.
    struct Tolerance: Sendable {
        var count: Int?
        var percentage: Double?

        /// Whether more items have failed than may fail.
        func isExceeded(by failed: Int, of total: Int) -> Bool {
            guard failed > 0 else { return false }
            if count == nil, percentage == nil { return true }
            if let count, failed > count { return true }
            guard let percentage, total > 0 else { return false }
            return Double(failed) * 100 > percentage * Double(total)
        }
    }

    /// How items are put together.
    struct Batch: Sendable {
        let input: StateValue?
        let maxItems: Int?
        let maxBytes: Int?
    }

    /// The number of items, as far as they are read.
    var total: Int { itemsStarted + pendingCount }

    /// Adds items that were read.
    mutating func add(_ items: [StateValue]) {
        pages.append(items)
        pendingCount += items.count
        skipEmptyPages()
    }

    /// Whether there are items for a child: any, or a batch that no further page can fill up.
    var hasNextChild: Bool {
        guard pendingCount > 0 else { return false }
        guard phase == .reading, let batch else { return true }
        return pendingCount >= batch.maxItems ?? Int.max
    }

    /// The next item; nil if there is none.
    var nextItem: StateValue? { pendingCount > 0 ? pages[page][position] : nil }

    /// Takes the next item; nil if there is none.
    mutating func takeItem() -> StateValue? {
        guard let item = nextItem else { return nil }
        position += 1
        itemsStarted += 1
        pendingCount -= 1
        skipEmptyPages()
        return item
    }

    private mutating func skipEmptyPages() {
        while page < pages.count, position >= pages[page].count {
            pages[page] = []
            page += 1
            position = 0
        }
    }

    /// Runs the children that have not succeeded again, and returns their indices.
    mutating func redrive() -> [Int] {
        let indices = Array(unsuccessful.keys)
        running.merge(unsuccessful) { count, _ in count }
        unsuccessful = [:]
        failedItems = 0
        if phase == .writing { phase = .running }
        return indices
    }
}
