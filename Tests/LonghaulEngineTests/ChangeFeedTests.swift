import LonghaulConcurrency
import LonghaulCore
import LonghaulTestSupport
import Synchronization
import Testing

@testable import LonghaulEngine

@Suite struct ChangeFeedTests {
    private func change(_ id: UInt64, version: Int = 1, _ state: JobState = .pending) -> JobChange {
        JobChange(
            jobID: JobID(high: id, low: 0), queue: "q", kind: "k", state: state, previous: nil, attempt: 0,
            version: version, at: Timestamp(milliseconds: 0), runAt: Timestamp(milliseconds: 0))
    }

    @Test func readsFromAnyNumberInTheRing() {
        let feed = ChangeFeed(epoch: 1, capacity: 100)
        for id in 1...90 { feed.observe(ChangeBatch([change(UInt64(id))])) }
        feed.observe(ChangeBatch((91...100).map { change($0) }))
        let reading = feed.read(after: 40, limit: 1000)
        #expect(!reading.hasGap)
        #expect(reading.lastNumber == 100)
        #expect(reading.batches.flatMap(\.changes).map(\.jobID.high) == Array(41...100))
        // A number inside a commit returns the whole commit.
        #expect(feed.read(after: 95, limit: 1).batches.first?.firstNumber == 91)
        #expect(feed.read(after: 100, limit: 1).batches.isEmpty)
        #expect(!feed.read(after: 100, limit: 1).hasGap)
    }

    @Test func readerThatIsBehindTheRingOrHasAnUnknownNumberSeesAGap() {
        let feed = ChangeFeed(epoch: 1, capacity: 100)
        for id in 1...1000 { feed.observe(ChangeBatch([change(UInt64(id))])) }
        #expect(feed.read(after: 899, limit: 1).hasGap)
        #expect(!feed.read(after: 900, limit: 1).hasGap)
        #expect(feed.read(after: 2000, limit: 1).hasGap)
    }

    @Test func keepsACommitThatIsLargerThanTheRing() {
        let feed = ChangeFeed(epoch: 1, capacity: 10)
        feed.observe(ChangeBatch((1...50).map { change($0) }))
        #expect(feed.read(after: 0, limit: 1).batches.first?.changes.count == 50)
        feed.observe(ChangeBatch([change(51)]))
        #expect(feed.read(after: 0, limit: 1).hasGap)
    }

    @Test func boundsItsMemory() {
        let feed = ChangeFeed(epoch: 1, capacity: 1_000_000)
        var large = change(1)
        large.error = JobError(type: "t", message: String(repeating: "x", count: 1 << 20))
        for _ in 0..<100 { feed.observe(ChangeBatch([large])) }
        let kept = feed.read(after: 90, limit: 1000).batches.count
        #expect(feed.read(after: 80, limit: 1).hasGap)
        #expect(kept <= 6)
    }

    @Test func encodesACommitOnceForAllReaders() {
        let feed = ChangeFeed(epoch: 1)
        feed.observe(ChangeBatch([change(1)]))
        var encoded = 0
        for _ in 0..<3 {
            for batch in feed.read(after: 0, limit: 1).batches {
                let encoding = batch.encoded { _ in
                    encoded += 1
                    return FeedBatch.Encoding(events: [[1]], pieces: [[1]])
                }
                #expect(encoding.events == [[1]])
            }
        }
        #expect(encoded == 1)
    }

    @Test func wakesItsConsumersAtACommitAndAtItsEnd() async {
        let feed = ChangeFeed(epoch: 1)
        let consumer = Task {
            var position: UInt64 = 0
            while position < 100, await feed.wait(after: position) { position = feed.lastNumber }
            return position
        }
        for id in 1...100 {
            feed.observe(ChangeBatch([change(UInt64(id))]))
            await Task.yield()
        }
        #expect(await consumer.value == 100)
        await feed.stop()
        #expect(await !feed.wait(after: 100))
    }

    /// A cancelled task runs its handlers under the runtime's lock of that task, and a commit that wakes the task takes
    /// the same lock: this hangs if the feed wakes tasks under its own lock.
    @Test func cancelledWaitsNeverBlockACommit() async {
        let feed = ChangeFeed(epoch: 1)
        let publisher = Task.detached {
            for id in 0..<5000 { feed.observe(ChangeBatch([change(UInt64(id))])) }
        }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<500 {
                        let waiter = Task.detached {
                            var position = feed.lastNumber
                            while await feed.wait(after: position) { position = feed.lastNumber }
                        }
                        await Task.yield()
                        waiter.cancel()
                        await waiter.value
                    }
                }
            }
        }
        await publisher.value
    }
}

@Suite struct EventDeadlineTests {
    private let time = SystemTime()

    @Test func onlyTheFirstFireCounts() async throws {
        let signal = Event<Bool>()
        #expect(signal.fire(true))
        #expect(!signal.fire(true))
        #expect(try await signal.wait(until: time.now(), time: time))
    }

    @Test func cannotFireAfterTheDeadline() async throws {
        let signal = Event<Bool>()
        #expect(try await !signal.wait(until: time.now().adding(seconds: 0.005), time: time))
        #expect(!signal.fire(true))
    }

    @Test func wakesTheWaitingTask() async throws {
        for _ in 0..<200 {
            let signal = Event<Bool>()
            let waiter = Task { try await signal.wait(until: time.now().adding(seconds: 60), time: time) }
            signal.fire(true)
            #expect(try await waiter.value)
        }
    }

    @Test func aCancelledWaitThrows() async {
        let signal = Event<Bool>()
        let waiter = Task { try await signal.wait(until: time.now().adding(seconds: 60), time: time) }
        waiter.cancel()
        await #expect(throws: CancellationError.self) { try await waiter.value }
    }
}

@Suite struct QueueMeterTests {
    @Test func measuresTheLastMinuteOnly() {
        let start = Timestamp(milliseconds: 1_800_000_000_000)
        let meter = QueueMeter(startedAt: start)
        func started(at second: Double, waited: Double) -> JobChange {
            let at = start.adding(seconds: second)
            var change = JobChange(
                jobID: JobID(high: 1, low: 1), queue: "q", kind: "k", state: .processing, previous: .pending,
                attempt: 1, version: 2, at: at, runAt: at)
            change.waitedSeconds = waited
            return change
        }
        for second in 0..<120 {
            meter.observe(ChangeBatch([started(at: Double(second), waited: Double(second))]))
        }
        let rates = meter.rates(of: "q", at: start.adding(seconds: 119))
        #expect(rates.drainRate == 1 && rates.finishRate == 0)
        #expect(rates.waitSeconds == QueueRates.Quantiles(p50: 89, p95: 116, p99: 119))
        #expect(meter.drainRate(of: "q", at: start.adding(seconds: 300)) == nil)
        #expect(meter.rates(of: "other", at: start) == QueueRates())
    }

    @Test func finishRateCountsTheEndOfAJobOnce() {
        let start = Timestamp(milliseconds: 1_800_000_000_000)
        let meter = QueueMeter(startedAt: start.adding(seconds: -60))
        func change(_ state: JobState, from previous: JobState) -> JobChange {
            JobChange(
                jobID: JobID(high: 1, low: 1), queue: "q", kind: "k", state: state, previous: previous,
                attempt: 1, version: 2, at: start, runAt: start)
        }
        meter.observe(
            ChangeBatch([
                change(.completed, from: .processing), change(.failed, from: .processing),
                change(.retrying, from: .processing), change(.cancelled, from: .pending),
                change(.completed, from: .completed),
            ]))
        let rates = meter.rates(of: "q", at: start)
        #expect(rates.finishRate == 3.0 / 60 && rates.failureRate == 2.0 / 60)
    }
}
