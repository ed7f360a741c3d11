/// Detects outages of a store: spans of time in which this process could not process heartbeats.
///
/// The process may have been stopped, the machine may have slept, the database may have been slow or away, or the
/// store's clock may have been set ahead. None of that is a worker's silence, so a lease ends no earlier than one
/// lease length after the latest outage; see ``LeaseClock``.
///
/// The store calls ``begin(at:steadySeconds:)`` for each transaction and ``succeed(_:changedData:)`` or ``fail()``
/// when it ends. Time between the start of one successful transaction and the start of the next counts as an outage
/// if it is longer than ``StoreLimits/outageSeconds``. The time before the first transaction counts as well.
public struct OutageMonitor: Sendable {
    /// A transaction's start.
    public struct Start: Sendable {
        /// The clock by which the transaction judges leases.
        public var clock: LeaseClock
        /// Whether leases may end later than one lease length from now: the store's clock was set back, or may have
        /// been before the process started.
        public var mayHaveSteppedBack: Bool
        fileprivate var steadySeconds: Double
        /// How long the outage lasted that ends with the transaction, in seconds; nil if none does.
        fileprivate var outage: Double?
        /// When the transaction was started that succeeded before this one started.
        fileprivate var previousSteadySeconds: Double?
    }

    /// How long a silence must be to count, in seconds; nil if none counts.
    public var outageSeconds: Double?
    /// The outages so far. The time before the first transaction is not among them.
    public private(set) var totals = OutageTotals()

    private var lastActiveAt: (store: Timestamp, steadySeconds: Double)?
    private var resumedAt = Timestamp.distantPast
    /// Whether the database refused a transaction and has accepted no change since.
    ///
    /// While this is true, transactions that only read do not end the silence. The store must try a change soon:
    /// otherwise the idle time until the next change counts as an outage.
    public private(set) var isFailing = false

    /// A monitor that has seen no transaction.
    public init(outageSeconds: Double? = StoreLimits().outageSeconds) {
        self.outageSeconds = outageSeconds
    }

    /// Notes that a transaction starts.
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
            // A moment of the old clock would keep every lease alive until it comes again.
            if start.mayHaveSteppedBack { resumedAt = now }
        } else {
            resumedAt = now
            start.mayHaveSteppedBack = true
        }
        start.clock.resumedAt = resumedAt
        return start
    }

    /// Notes that a transaction was committed.
    ///
    /// - Parameter changedData: false if it only read. That does not show that the database takes changes again.
    public mutating func succeed(_ start: Start, changedData: Bool = true) {
        if changedData { isFailing = false }
        guard !isFailing else { return }
        // Of several transactions that started after an outage, the first counts it.
        if let outage = start.outage, start.previousSteadySeconds == lastActiveAt?.steadySeconds {
            totals.add(outage)
        }
        let isLater = lastActiveAt.map { start.steadySeconds >= $0.steadySeconds } ?? true
        if isLater { lastActiveAt = (start.clock.now, start.steadySeconds) }
    }

    /// Notes that the database did not take a transaction.
    public mutating func fail() {
        isFailing = true
    }

    /// The clock by which a read judges leases. An outage that no transaction has noticed yet counts.
    public func clock(at now: Timestamp, steadySeconds: Double) -> LeaseClock {
        var copy = self
        return copy.begin(at: now, steadySeconds: steadySeconds).clock
    }
}

/// How many outages a store has had, and how long they lasted.
public struct OutageTotals: Sendable, Hashable {
    /// How many there were.
    public private(set) var count = 0
    /// How long all of them lasted, in seconds.
    public private(set) var seconds = 0.0

    /// No outage.
    public init() {}

    /// Adds an outage.
    mutating func add(_ seconds: Double) {
        count += 1
        self.seconds += seconds
    }
}

/// The clock by which a transaction judges leases.
public struct LeaseClock: Sendable, Hashable {
    /// The present moment.
    public var now: Timestamp
    /// When the latest outage ended.
    public var resumedAt: Timestamp

    /// A clock; without an outage, leases end at their time.
    public init(now: Timestamp, resumedAt: Timestamp = .distantPast) {
        self.now = now
        self.resumedAt = resumedAt
    }

    /// When a lease ends that was given until `expiresAt`: at least one lease length after the latest outage.
    public func end(of expiresAt: Timestamp, lengthMilliseconds: Int64) -> Timestamp {
        guard resumedAt > .distantPast else { return expiresAt }
        return max(expiresAt, Timestamp(milliseconds: resumedAt.milliseconds + lengthMilliseconds))
    }

    /// When a lease of this length ends that begins now.
    public func end(ofNewLease lengthMilliseconds: Int64) -> Timestamp {
        Timestamp(milliseconds: now.milliseconds + lengthMilliseconds)
    }
}
