import LonghaulStore

/// A call that waits for the writer.
struct WriteCall: Sendable {
    let call: any Call<Transaction>
    let plan: WritePlan

    /// From this weight on, a separable call gets a transaction of its own.
    static let separateWeight = 1536

    /// Whether it gets a transaction of its own.
    var isSeparate: Bool { plan.isSeparable && plan.weight >= Self.separateWeight }
}

/// The calls of one transaction, and the state of its attempts.
struct Batch: Sendable {
    let calls: [WriteCall]
    /// Whether it uses the session for separate transactions.
    var isSeparate = false
    /// Whether the identifiers of new jobs are read first.
    var isCareful = false
    /// The number of conflicts with other transactions.
    var conflicts = 0

    init(_ calls: [WriteCall], isSeparate: Bool = false) {
        self.calls = calls
        self.isSeparate = isSeparate
    }

    /// The rows that its calls read.
    var prefetch: Prefetch {
        var prefetch = calls.reduce(into: Prefetch()) { $0 = $0 + $1.plan.prefetch() }
        if isCareful { prefetch.ids += prefetch.newIDs }
        return prefetch
    }
}
