import LonghaulCore

/// The waiting workers, and the assignment of IDs to them. A plain value; its owner protects it with a lock.
struct DeliveryBoard {
    /// A waiting worker.
    struct Waiter {
        var number: Int
        var interest: QueueInterest
        var limit: Int
        var continuation: CheckedContinuation<QueueDelivery, any Error>
    }

    /// A wait that ends now, with its result.
    struct Ending {
        var continuation: CheckedContinuation<QueueDelivery, any Error>
        var result: Result<QueueDelivery, any Error>

        func resume() { continuation.resume(with: result) }
    }

    /// In the order of arrival, so that work is spread evenly.
    private(set) var waiters: [Waiter] = []
    private var nextNumber = 0
    /// Waits that were cancelled before they began.
    private var abandoned: Set<Int> = []

    /// A number for a new wait.
    mutating func reserve() -> Int {
        nextNumber += 1
        return nextNumber
    }

    /// Begins a wait. Returns its ending if it was cancelled before.
    mutating func add(_ waiter: Waiter) -> Ending? {
        if abandoned.remove(waiter.number) != nil {
            return Ending(continuation: waiter.continuation, result: .failure(CancellationError()))
        }
        waiters.append(waiter)
        return nil
    }

    /// Ends a wait that has timed out or is cancelled.
    mutating func end(_ number: Int, _ result: Result<QueueDelivery, any Error>) -> Ending? {
        guard let index = waiters.firstIndex(where: { $0.number == number }) else {
            if case .failure = result { abandoned.insert(number) }
            return nil
        }
        return Ending(continuation: waiters.remove(at: index).continuation, result: result)
    }

    /// Removes the record of a cancelled wait that has ended.
    mutating func forget(_ number: Int) {
        abandoned.remove(number)
    }

    /// Ends every wait whose interest matches.
    mutating func endAll(
        _ result: Result<QueueDelivery, any Error>, where fits: (QueueInterest) -> Bool = { _ in true }
    ) -> [Ending] {
        let ended = waiters.filter { fits($0.interest) }
        waiters.removeAll { fits($0.interest) }
        return ended.map { Ending(continuation: $0.continuation, result: result) }
    }

    /// The number of jobs that workers wait for.
    var demand: Int { waiters.reduce(0) { $0 + $1.limit } }

    /// Assigns jobs to matching waits, oldest wait first. Returns the waits that end with it, and the indices in `jobs` of
    /// jobs without a matching wait.
    mutating func deliver(_ jobs: [(lane: Lane, id: JobID)]) -> (endings: [Ending], unwanted: [Int]) {
        var given: [Int: [JobID]] = [:]
        var unwanted: [Int] = []
        for (place, job) in jobs.enumerated() {
            let taker = waiters.first { waiter in
                waiter.interest.includes(job.lane) && given[waiter.number, default: []].count < waiter.limit
            }
            if let taker { given[taker.number, default: []].append(job.id) } else { unwanted.append(place) }
        }
        let endings = waiters.compactMap { waiter in
            given[waiter.number].map {
                Ending(continuation: waiter.continuation, result: .success(.jobs($0)))
            }
        }
        waiters.removeAll { given[$0.number] != nil }
        return (endings, unwanted)
    }
}

extension QueueInterest {
    /// Whether jobs of a lane match.
    func includes(_ lane: Lane) -> Bool {
        queues.contains(lane.queue) && (kinds.isEmpty || kinds.contains(lane.kind))
    }
}
