import LonghaulCore
import Testing

@testable import LonghaulEngine

@Suite struct ChangeFeedTests {
    private func change(_ id: UInt64, version: Int = 1, _ state: JobState = .pending) -> JobChange {
        JobChange(
            jobID: JobID(high: id, low: 0), queue: "q", kind: "k", state: state, previous: nil, attempt: 0,
            version: version, at: Timestamp(milliseconds: 0), runAt: Timestamp(milliseconds: 0))
    }

    @Test func tellsASubscriberOfItsJobOnly() async {
        let feed = ChangeFeed(epoch: 1)
        let stream = feed.subscribe(to: JobID(high: 1, low: 0))
        feed.publish([change(2), change(1), change(2), change(1, version: 2)])
        feed.close()
        var versions: [Int] = []
        for await entry in stream { versions.append(entry.change.version) }
        #expect(versions == [1, 2])
    }

    @Test func resumesAfterANumberAsFarAsItIsKept() async {
        let feed = ChangeFeed(epoch: 1)
        for id in 0..<1500 { feed.publish([change(UInt64(id))]) }
        let stream = feed.subscribe(after: 1400)
        feed.close()
        var numbers: [UInt64] = []
        for await entry in stream { numbers.append(entry.number) }
        #expect(numbers == Array(1401...1500))
    }

    @Test func cutsOffASubscriberThatFallsBehind() async {
        let feed = ChangeFeed(epoch: 1)
        let stream = feed.subscribe()
        feed.publish((0..<2000).map { change(UInt64($0)) })
        var count = 0
        for await _ in stream { count += 1 }
        #expect(count == ChangeFeed.kept)
    }

    @Test func endsStreamsThatComeTooLate() async {
        let feed = ChangeFeed(epoch: 1)
        feed.close()
        for await _ in feed.subscribe() { Issue.record("a closed feed tells nothing") }
    }
}

@Suite struct SignalTests {
    private let time = SystemTime()

    @Test func happensOnce() async throws {
        let signal = Signal()
        #expect(signal.fire())
        #expect(!signal.fire())
        #expect(try await signal.wait(until: time.now(), time: time))
    }

    @Test func endsAtTheDeadlineAndCannotHappenLater() async throws {
        let signal = Signal()
        #expect(try await !signal.wait(until: time.now().adding(seconds: 0.005), time: time))
        #expect(!signal.fire())
    }

    @Test func wakesTheOneThatWaits() async throws {
        for _ in 0..<200 {
            let signal = Signal()
            let waiter = Task { try await signal.wait(until: time.now().adding(seconds: 60), time: time) }
            signal.fire()
            #expect(try await waiter.value)
        }
    }

    @Test func aCancelledWaitThrows() async {
        let signal = Signal()
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
        for second in 0..<120 { meter.record([started(at: Double(second), waited: Double(second))]) }
        let rates = meter.rates(of: "q", at: start.adding(seconds: 119))
        #expect(rates.drainRate == 1)
        #expect(rates.waitSeconds == QueueRates.Quantiles(p50: 89, p95: 116, p99: 119))
        #expect(meter.drainRate(of: "q", at: start.adding(seconds: 300)) == nil)
        #expect(meter.rates(of: "other", at: start) == QueueRates())
    }
}
