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

    /// The maximum number of pages of a journal that are read at once.
    private static let pagesAtOnce = 4

    /// All operations of the journal of a leased job.
    ///
    /// The numbers of a journal have no gaps, so several pages are read at once. A page of large operations ends early, and
    /// the pages after it are read again.
    func wholeJournal(of lease: Lease) async throws -> [JournalOperation] {
        var operations = lease.journal.operations
        var next = lease.journal.next
        while let start = next {
            for page in try await pages(of: lease, from: start) where page.start == next {
                operations += page.page.operations
                next = page.page.next
            }
        }
        return operations
    }

    /// Reads the next pages of a journal, in their order.
    private func pages(
        of lease: Lease, from first: Int64
    ) async throws -> [(start: Int64, page: JournalPage)] {
        let read: @Sendable (Int64) async throws -> (start: Int64, page: JournalPage) = { start in
            (start, try await repeating { try await gateway.journal(lease.token, after: start) })
        }
        let end = max(first + 1, Int64(lease.job.operationCount))
        let starts = Array(
            stride(from: first, to: end, by: JournalPage.followingCount).prefix(Self.pagesAtOnce))
        guard starts.count > 1 else { return [try await read(first)] }
        return try await withThrowingTaskGroup(of: (start: Int64, page: JournalPage).self) { group in
            for start in starts { group.addTask { try await read(start) } }
            var pages: [(start: Int64, page: JournalPage)] = []
            for try await page in group { pages.append(page) }
            return pages.sorted { $0.start < $1.start }
        }
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
