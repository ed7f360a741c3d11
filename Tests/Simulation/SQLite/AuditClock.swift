import LonghaulCore

/// The clock of the auditor: that of the simulation, unless the auditor follows what happened at an earlier moment.
final class AuditClock: TimeSource, @unchecked Sendable {
    private let scheduler: Scheduler
    /// The earlier moment; nil for the present.
    var moment: Timestamp?

    init(_ scheduler: Scheduler) {
        self.scheduler = scheduler
    }

    func now() -> Timestamp { moment ?? scheduler.now() }
    func sleep(until moment: Timestamp) async throws { try await scheduler.sleep(until: moment) }
}
