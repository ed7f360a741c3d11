import LonghaulCore

/// Committed changes that observers have yet to receive, in the order of the commits.
struct ChangeDeliveries {
    /// The changes of one commit, and the observer of the store that committed them.
    struct Delivery {
        let batch: ChangeBatch
        let observer: @Sendable (ChangeBatch) -> Void
    }

    private var waiting: [Delivery] = []
    private var isDelivering = false
    private var added = 0
    /// How many deliveries are finished.
    private(set) var delivered = 0

    /// Adds a delivery. Returns its ticket: it is finished when ``delivered`` has reached that number.
    mutating func add(_ batch: ChangeBatch, for observer: @escaping @Sendable (ChangeBatch) -> Void) -> Int {
        waiting.append(Delivery(batch: batch, observer: observer))
        added += 1
        return added
    }

    /// The next delivery to make; nil if there is none, or while another one is made.
    mutating func next() -> Delivery? {
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
