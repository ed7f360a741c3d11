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
    ///
    /// - Parameter limit: The maximum of the sum; at most the limit of the budget.
    func reserve(_ count: Int, limit: Int) -> Bool {
        if used.add(count, ordering: .relaxed).newValue <= limit { return true }
        release(count)
        return false
    }

    /// Reserves bytes, even above the limit.
    func reserveAlways(_ count: Int) {
        used.add(count, ordering: .relaxed)
    }

    func release(_ count: Int) {
        used.subtract(count, ordering: .relaxed)
    }
}

/// The part of a budget that one request has. It returns the bytes when it is deallocated.
final class ByteReservation: Sendable {
    private let budget: ByteBudget
    private let limit: Int
    private let count = Atomic<Int>(0)

    /// An empty reservation.
    ///
    /// - Parameter keepsReserve: Whether ``add(_:)`` leaves a quarter of the budget to other reservations.
    init(_ budget: ByteBudget, keepsReserve: Bool = false) {
        self.budget = budget
        limit = keepsReserve ? budget.limit - budget.limit / 4 : budget.limit
    }

    /// Reserves further bytes, even above the limit of the budget.
    func addAlways(_ bytes: Int) {
        budget.reserveAlways(bytes)
        count.add(bytes, ordering: .relaxed)
    }

    /// Reserves further bytes. Returns false if they do not fit into the budget.
    func add(_ bytes: Int) -> Bool {
        guard bytes == 0 || budget.reserve(bytes, limit: limit) else { return false }
        count.add(bytes, ordering: .relaxed)
        return true
    }

    deinit {
        budget.release(count.load(ordering: .relaxed))
    }
}
