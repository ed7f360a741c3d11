import LonghaulCore
import LonghaulEngine

/// Checks when things happen: nothing that is due, freed, published or waited for may be left to a slow poll.
///
/// It works in seeds in which no fault loses a wake-up and every slow poll lasts an hour. The simulated time advances only
/// while every task waits, so the engine needs no time of its own. A fault that delays the engine excuses what happens
/// soon after it.
final class Punctuality: @unchecked Sendable {
    /// The maximum delay without a fault, in seconds: some retries after errors take a second.
    private static let toleranceSeconds = 2.0
    /// The interval between two looks at the pending jobs, in seconds.
    private static let lookSeconds = 0.5

    private let scheduler: Scheduler
    private let isActive: Bool
    weak var auditor: Auditor?
    private var isOver = false
    /// Until when faults delay the engine.
    private var disturbedUntil: Timestamp
    /// The lease calls that wait at servers.
    private var calls: [Int: LeaseRequest] = [:]
    private var lastCall = 0
    /// The leases that calls have returned.
    private var delivered: Set<LeaseToken> = []
    /// Since when each pending job could have been leased by a waiting call.
    private var startable: [JobID: Timestamp] = [:]

    init(scheduler: Scheduler, isActive: Bool) {
        self.scheduler = scheduler
        self.isActive = isActive
        disturbedUntil = scheduler.now()
    }

    /// Records a fault that delays the engine for a number of seconds.
    func disturb(seconds: Double = 0) {
        disturbedUntil = max(disturbedUntil, scheduler.now().adding(seconds: seconds))
    }

    /// Checks that an event which happens now is not late.
    func expect(_ event: @autoclosure () -> String, at due: Timestamp) {
        guard isActive, isLate(since: due) else { return }
        auditor?.report("\(event()) \(scheduler.now().seconds(since: due)) s late")
    }

    private func isLate(since due: Timestamp) -> Bool {
        scheduler.now().seconds(since: max(due, disturbedUntil)) > Self.toleranceSeconds
    }

    // MARK: Waits for the end of a job

    /// Checks the time of an answer to a wait that began at a moment.
    func waited(for id: JobID, since start: Timestamp) {
        guard let model = auditor?.jobs[id], model.state.isFinal else { return }
        expect(
            "a wait for the end of \(auditor?.name(id) ?? "") was answered", at: max(start, model.changedAt))
    }

    // MARK: Waits for jobs

    /// Leases jobs. Checks that a call whose caller has left keeps no job.
    func lease(_ request: LeaseRequest, from engine: Engine) async throws -> [Lease] {
        lastCall += 1
        let number = lastCall
        calls[number] = request
        defer { calls[number] = nil }
        do {
            let leases = try await engine.lease(request)
            delivered.formUnion(leases.map(\.token))
            return leases
        } catch let error as CancellationError {
            expectNoLease(of: request.worker.id)
            throw error
        }
    }

    /// Reports jobs that the worker holds by leases that no call has returned. It makes one call at a time.
    private func expectNoLease(of worker: String) {
        guard isActive, let auditor else { return }
        for (id, model) in auditor.jobs where model.state == .processing {
            guard let holder = model.holder, holder.worker == worker, !delivered.contains(holder.token),
                disturbedUntil < holder.grantedAt
            else { continue }
            auditor.report("\(auditor.name(id)) stays leased to a caller that has left")
        }
    }

    /// Looks for jobs that wait although a call could lease them, until ``stop()``.
    func run() async {
        while isActive, !isOver {
            look()
            await scheduler.pause(seconds: Self.lookSeconds)
        }
    }

    func stop() {
        isOver = true
    }

    private func look() {
        guard let auditor else { return }
        let ids = auditor.startableJobs.filter { id in
            guard let spec = auditor.jobs[id]?.submission?.spec else { return false }
            return calls.values.contains { request in
                request.queues.contains(spec.queue)
                    && (request.kinds.isEmpty || request.kinds.contains(spec.kind))
            }
        }
        let now = scheduler.now()
        startable = Dictionary(uniqueKeysWithValues: ids.map { ($0, startable[$0] ?? now) })
        guard let id = ids.first(where: { isLate(since: startable[$0] ?? now) }) else { return }
        auditor.report("\(auditor.name(id)) stays pending while a worker waits for such jobs")
        stop()
    }
}

extension Auditor {
    /// The pending jobs that a worker may be given now.
    fileprivate var startableJobs: [JobID] {
        let now = clock.now()
        let open = Set(
            queues.filter { name, queue in
                let settings = queue.settings
                let hasRoom = settings.maxConcurrency.map { (queue.counts[.processing] ?? 0) < $0 } ?? true
                return hasRoom && !settings.paused && (queue.counts[.pending] ?? 0) > 0
                    && queue.hasToken(at: now)
            }.keys)
        guard !open.isEmpty else { return [] }
        return jobs.filter { _, model in
            model.state == .pending && !model.isRemoved && open.contains(model.queue)
                && model.submission?.spec.expiresAt.map { $0 > now } ?? true
        }.keys.sorted()
    }
}

extension Auditor.QueueModel {
    /// Whether its rate limit certainly allows a start.
    fileprivate func hasToken(at now: Timestamp) -> Bool {
        guard let limit = settings.rateLimit, var moment = limitedAt else { return true }
        let burst = Double(limit.burst)
        var tokens = hadFullBucket ? burst : 0
        func returned(until end: Timestamp) -> Double {
            min(burst, tokens + end.seconds(since: moment) * Double(limit.jobs) / limit.periodSeconds)
        }
        for start in starts {
            tokens = max(0, returned(until: start) - 1)
            moment = start
        }
        return returned(until: now) >= 1
    }
}
