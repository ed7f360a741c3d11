import Synchronization

/// A bound on memory that all requests of a server share, such as the bytes of their bodies.
final class ByteBudget: Sendable {
    private let used = Atomic<Int>(0)
    let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    /// The bytes that are reserved now.
    var reserved: Int { used.load(ordering: .relaxed) }

    /// Reserves bytes. Returns false, and reserves nothing, if they do not fit.
    func reserve(_ count: Int) -> Bool {
        if used.add(count, ordering: .relaxed).newValue <= limit { return true }
        release(count)
        return false
    }

    func release(_ count: Int) {
        used.subtract(count, ordering: .relaxed)
    }
}

/// The part of a budget that one request has. It returns the bytes when it is deallocated.
final class ByteReservation: Sendable {
    private let budget: ByteBudget
    private let count = Atomic<Int>(0)

    init(_ budget: ByteBudget) {
        self.budget = budget
    }

    /// Reserves further bytes. Returns false if they do not fit into the budget.
    func add(_ bytes: Int) -> Bool {
        guard bytes == 0 || budget.reserve(bytes) else { return false }
        count.add(bytes, ordering: .relaxed)
        return true
    }

    deinit {
        budget.release(count.load(ordering: .relaxed))
    }
}
