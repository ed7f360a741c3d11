import LonghaulCore

/// Committed changes that observers have yet to receive, in the order of the commits.
struct ChangeDeliveries {
    /// The changes of one commit, and the observer of the store that made it.
    struct Delivery {
        let changes: [JobChange]
        let observer: @Sendable ([JobChange]) -> Void
    }

    private var waiting: [Delivery] = []
    private var isDelivering = false
    private var added = 0
    /// How many deliveries are finished.
    private(set) var delivered = 0

    /// Adds a delivery. Returns its ticket: it is finished when ``delivered`` has reached that number.
    mutating func add(_ changes: [JobChange], for observer: @escaping @Sendable ([JobChange]) -> Void) -> Int
    {
        waiting.append(Delivery(changes: changes, observer: observer))
        added += 1
        return added
    }

    /// The next delivery to make; nil if there is none, or while another one is made.
    mutating func take() -> Delivery? {
        if isDelivering || waiting.isEmpty { return nil }
        isDelivering = true
        return waiting.removeFirst()
    }

    /// Records that the delivery that was taken is made.
    mutating func finishOne() {
        isDelivering = false
        delivered += 1
    }
}
