import LonghaulThreads

/// A call that waits for the writer.
struct WriteCall: Sendable {
    let call: any Call<Transaction>
    let needs: @Sendable () -> Needs
    /// Whether it gets a transaction of its own if it is large, which commits beside those of other calls.
    var isSeparable = false

    /// From this weight on a separable call gets a transaction of its own.
    static let separateWeight = 1536

    /// Whether it gets a transaction of its own.
    var isSeparate: Bool { isSeparable && call.weight >= Self.separateWeight }
}

/// The calls of one transaction, and what has happened to it so far.
struct Batch: Sendable {
    let calls: [WriteCall]
    /// Whether it uses the session for separate transactions.
    var isSeparate = false
    /// Whether the identifiers of new jobs are looked up first.
    var isCareful = false
    /// How often it conflicted with another transaction.
    var conflicts = 0

    init(_ calls: [WriteCall], isSeparate: Bool = false) {
        self.calls = calls
        self.isSeparate = isSeparate
    }

    /// What its calls will look at.
    var needs: Needs {
        var needs = calls.reduce(into: Needs()) { $0 = $0 + $1.needs() }
        if isCareful { needs.ids += needs.newIDs }
        return needs
    }
}
