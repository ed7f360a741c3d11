import LonghaulConcurrency
import LonghaulCore
import LonghaulJSON

/// The calls of a durable job. Repeats a call until the server has answered it, or the task is cancelled: the worker
/// cancels it when the lease has ended.
struct RepeatingGateway: Sendable {
    private let gateway: any WorkerGateway
    private let time: any TimeSource
    private let random: any RandomSource

    init(_ gateway: any WorkerGateway, time: any TimeSource, random: any RandomSource) {
        self.gateway = gateway
        self.time = time
        self.random = random
    }

    /// All operations of the journal of a leased job.
    func wholeJournal(of lease: Lease) async throws -> [JournalOperation] {
        var page = lease.journal
        var operations = page.operations
        while let next = page.next {
            page = try await repeating { try await gateway.journal(lease.token, after: next) }
            operations += page.operations
        }
        return operations
    }

    func updateJournal(_ token: LeaseToken, _ updates: [OperationUpdate]) async throws -> [JournalOperation] {
        try await repeating { try await gateway.updateJournal(token, updates) }
    }

    func suspend(_ token: LeaseToken, on ids: [String]) async throws -> SuspendOutcome {
        try await repeating { try await gateway.suspend(token, on: ids) }
    }

    func continueAsNew(_ token: LeaseToken, payload: JSONText) async throws -> Job {
        try await repeating { try await gateway.continueAsNew(token, payload: payload) }
    }

    private func repeating<Answer>(_ call: () async throws -> Answer) async throws -> Answer {
        var backoff = ExponentialBackoff(initialSeconds: 0.05, maxSeconds: 5)
        while true {
            do {
                return try await call()
            } catch let error as LonghaulError where error.isTransient {
                try await time.sleep(seconds: backoff.next(random: random.fraction()))
            }
        }
    }
}
