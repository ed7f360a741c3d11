/// Detects outages of a store: spans of time in which this process could not process heartbeats.
///
/// The process may have been stopped, the machine may have slept, the database may have been slow or unavailable, or
/// the store's clock may have been set forward. In these cases the worker was not silent. Therefore a lease ends no
/// earlier than one lease length after the latest outage; see ``LeaseClock``.
///
/// The store calls ``begin(at:steadySeconds:)`` for each transaction and ``succeed(_:changedData:)`` or ``fail()``
/// when it ends. Time between the start of one successful transaction and the start of the next counts as an outage
/// if it is longer than ``StoreLimits/outageSeconds``. The time before the first transaction counts as well.
public struct OutageMonitor: Sendable {
    /// A transaction's start.
    public struct Start: Sendable {
        /// The clock by which the transaction decides whether leases have ended.
        public var clock: LeaseClock
        /// Whether leases may end later than one lease length from now: the store's clock was set back, or may have
        /// been before the process started.
        public var mayHaveSteppedBack: Bool
        fileprivate var steadySeconds: Double
        /// The length of the outage that ends with the transaction, in seconds; nil if none ends.
        fileprivate var outage: Double?
        /// The start of the latest transaction that had succeeded before this one started.
        fileprivate var previousSteadySeconds: Double?
    }

    /// The minimum silence that counts as an outage, in seconds; nil if outages are not detected.
    public var outageSeconds: Double?
    /// The outages so far, without the time before the first transaction.
    public private(set) var totals = OutageTotals()

    private var lastActiveAt: (store: Timestamp, steadySeconds: Double)?
    private var resumedAt = Timestamp.distantPast
    /// Whether the database rejected a transaction and has accepted no change since.
    ///
    /// While this is true, transactions that only read do not end the silence. The store must try a change soon:
    /// otherwise the idle time until the next change counts as an outage.
    public private(set) var isFailing = false

    /// A monitor without transactions.
    public init(outageSeconds: Double? = StoreLimits().outageSeconds) {
        self.outageSeconds = outageSeconds
    }

    /// Records the start of a transaction.
    ///
    /// - Parameters:
    ///   - now: the store's clock.
    ///   - steadySeconds: a clock that does not step; see ``TimeSource/steadySeconds()``.
    public mutating func begin(at now: Timestamp, steadySeconds: Double) -> Start {
        var start = Start(
            clock: LeaseClock(now: now), mayHaveSteppedBack: false, steadySeconds: steadySeconds,
            previousSteadySeconds: lastActiveAt?.steadySeconds)
        guard let outageSeconds else { return start }
        if let lastActiveAt {
            let silence = steadySeconds - lastActiveAt.steadySeconds
            let step = now.seconds(since: lastActiveAt.store) - silence
            if silence > outageSeconds || step > outageSeconds {
                resumedAt = now
                start.outage = max(silence, 0)
            }
            start.mayHaveSteppedBack = step < -outageSeconds
            // A later time of the old clock would keep every lease alive until that time comes again.
            if start.mayHaveSteppedBack { resumedAt = now }
        } else {
            resumedAt = now
            start.mayHaveSteppedBack = true
        }
        start.clock.resumedAt = resumedAt
        return start
    }

    /// Records a committed transaction.
    ///
    /// - Parameter changedData: false if the transaction only read. That does not show that the database accepts
    ///   changes.
    public mutating func succeed(_ start: Start, changedData: Bool = true) {
        if changedData { isFailing = false }
        guard !isFailing else { return }
        // If several transactions started after an outage, the first one counts it.
        if let outage = start.outage, start.previousSteadySeconds == lastActiveAt?.steadySeconds {
            totals.add(outage)
        }
        let isLater = lastActiveAt.map { start.steadySeconds >= $0.steadySeconds } ?? true
        if isLater { lastActiveAt = (start.clock.now, start.steadySeconds) }
    }

    /// Records a transaction that the database rejected.
    public mutating func fail() {
        isFailing = true
    }

    /// The clock by which a read decides whether leases have ended. An outage that no transaction has detected yet
    /// counts.
    public func clock(at now: Timestamp, steadySeconds: Double) -> LeaseClock {
        var copy = self
        return copy.begin(at: now, steadySeconds: steadySeconds).clock
    }
}

/// The number of outages of a store, and their total length.
public struct OutageTotals: Sendable, Hashable {
    /// The number of outages.
    public private(set) var count = 0
    /// Their total length, in seconds.
    public private(set) var seconds = 0.0

    /// Without an outage.
    public init() {}

    /// Adds an outage.
    mutating func add(_ seconds: Double) {
        count += 1
        self.seconds += seconds
    }
}

/// The clock by which a transaction decides whether leases have ended.
public struct LeaseClock: Sendable, Hashable {
    /// The current time.
    public var now: Timestamp
    /// When the latest outage ended.
    public var resumedAt: Timestamp

    /// A clock. Without an outage, leases end at their time.
    public init(now: Timestamp, resumedAt: Timestamp = .distantPast) {
        self.now = now
        self.resumedAt = resumedAt
    }

    /// The end of a lease with this `expiresAt`: at least one lease length after the latest outage.
    public func end(of expiresAt: Timestamp, lengthMilliseconds: Int64) -> Timestamp {
        guard resumedAt > .distantPast else { return expiresAt }
        return max(expiresAt, Timestamp(milliseconds: resumedAt.milliseconds + lengthMilliseconds))
    }

    /// The end of a lease of this length that begins now.
    public func end(ofNewLease lengthMilliseconds: Int64) -> Timestamp {
        Timestamp(milliseconds: now.milliseconds + lengthMilliseconds)
    }
}
