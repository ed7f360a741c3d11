/// Elements in the order in which they were added. Adding and removing one takes constant time on average.
struct Fifo<Element> {
    /// Removed elements are nil. Many of them are dropped at once.
    private var slots: [Element?] = []
    private var first = 0

    var count: Int { slots.count - first }
    var isEmpty: Bool { first == slots.count }

    /// The elements, oldest first.
    var all: some Sequence<Element> { slots[first...].lazy.compactMap { $0 } }

    mutating func append(_ element: Element) {
        slots.append(element)
    }

    mutating func removeFirst() -> Element? {
        guard first < slots.count else { return nil }
        let element = slots[first].take()
        first += 1
        dropRemoved()
        return element
    }

    /// Removes the oldest elements.
    mutating func removeFirst(_ count: Int) -> [Element] {
        let removed = slots[first..<first + count].compactMap { $0 }
        for index in first..<first + count { slots[index] = nil }
        first += count
        dropRemoved()
        return removed
    }

    private mutating func dropRemoved() {
        if isEmpty {
            slots.removeAll(keepingCapacity: slots.capacity <= 4096)
            first = 0
        } else if first > 64, first > slots.count / 2 {
            slots.removeFirst(first)
            first = 0
        }
    }
}
