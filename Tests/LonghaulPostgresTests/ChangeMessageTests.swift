import LonghaulCore
import Testing

@testable import LonghaulPostgres

/// Changes keep all their fields on the way to other servers.
struct ChangeMessageTests {
    private let key = NotificationKey(
        inner: [UInt8](repeating: 1, count: 64), outer: [UInt8](repeating: 2, count: 64))

    /// Sends changes as a server, and receives them as another one.
    private func received(_ changes: [JobChange], from sender: Int64 = 7, countsForOthers: Bool = false)
        throws
        -> [ChangeBatch]
    {
        try ChangeMessage.messages(changes).map { text in
            let verified = try #require(key.verified(key.signed(text, from: sender)))
            return ChangeMessage.decode(verified, countsForOthers: countsForOthers)
        }
    }

    private func change(_ number: UInt64) -> JobChange {
        var change = JobChange(
            jobID: JobID(high: number, low: 2), queue: "mail", kind: "send.mail", state: .retrying,
            previous: .processing, attempt: 3, version: 9, at: Timestamp(milliseconds: 1_764_000_000_123),
            runAt: Timestamp(milliseconds: 1_764_000_060_000))
        change.priority = 8
        change.expiresAt = Timestamp(milliseconds: 1_764_000_090_000)
        change.labels = ["gpu": "1", "zone": "a\"b"]
        change.error = JobError(type: "io", message: "disk\n\u{1F600}", retryable: false)
        change.waitedSeconds = 0.25
        change.ranSeconds = 12.5
        change.endedFence = 4
        return change
    }

    @Test func allFieldsArrive() throws {
        var progress = change(2)
        progress.error = nil
        progress.previous = progress.state
        progress.progress = Progress(percent: 40, message: "half")
        var first = JobChange(
            jobID: JobID(high: 3, low: 3), queue: "q", kind: "k", state: .pending, previous: nil, attempt: 0,
            version: 1, at: Timestamp(milliseconds: 1), runAt: Timestamp(milliseconds: 1))
        first.priority = 0
        var requeued = first
        requeued.previous = .pending
        requeued.isRequeued = true
        let changes = [change(1), progress, first, requeued]
        #expect(try received(changes).map(\.changes) == [changes])
    }

    /// PostgreSQL rejects a notification of 8,000 bytes.
    @Test func longNotificationsAreDivided() throws {
        let changes = (1...200).map { change($0) }
        let messages = ChangeMessage.messages(changes)
        #expect(messages.count > 1)
        #expect(messages.allSatisfy { key.signed($0, from: .min).utf8.count < 8000 })
        #expect(try received(changes).flatMap(\.changes) == changes)
    }

    /// One server counts the changes of workers; no server counts those of another server.
    @Test(arguments: [false, true]) func onlyChangesOfProcessesWithoutMetricsAreCounted(counts: Bool) throws {
        let fromServer = try received([change(1)], from: 7, countsForOthers: counts)
        #expect(fromServer.map(\.countsInMetrics) == [false])
        let fromWorker = try received([change(1)], from: -7, countsForOthers: counts)
        #expect(fromWorker.map(\.countsInMetrics) == [counts])
        #expect(fromWorker.map(\.origin) == [.remote])
    }
}
