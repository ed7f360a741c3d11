import LonghaulConformance
import LonghaulCore
import LonghaulTestSupport
import Synchronization
import Testing

@testable import LonghaulEngine

/// Alerts for dead letters that grow too fast.
struct DeadLetterWatchTests {
    private let time = ManualTime()
    private let ids: JobIDGenerator

    init() {
        ids = JobIDGenerator(time: time, random: SeededRandom(seed: 1))
    }

    private func newDeadLetters(_ count: Int, of queue: String = "q", from state: JobState = .processing)
        -> [JobChange]
    {
        (0..<count).map { _ in
            var change = JobChange(
                jobID: ids.next(), queue: queue, kind: "k", state: .failed, previous: state, attempt: 1,
                version: 3, at: time.now(), runAt: time.now())
            change.error = JobError(type: "io", message: "disk")
            return change
        }
    }

    @Test func raisesOnceAMinuteForEachQueueThatGrowsTooFast() {
        let watch = DeadLetterWatch(threshold: 3, deliver: nil, time: time)
        watch.observe(ChangeBatch(newDeadLetters(3)))
        #expect(watch.raised.isEmpty)
        watch.observe(ChangeBatch(newDeadLetters(1, of: "other")))
        watch.observe(ChangeBatch(newDeadLetters(1)))
        #expect(watch.raised == ["q": 1])
        watch.observe(ChangeBatch(newDeadLetters(50)))
        #expect(watch.raised == ["q": 1])
        time.advance(seconds: 60)
        watch.observe(ChangeBatch(newDeadLetters(3)))
        #expect(watch.raised == ["q": 1])
        time.advance(seconds: 59)
        watch.observe(ChangeBatch(newDeadLetters(1)))
        #expect(watch.raised == ["q": 2])
    }

    @Test func oneOfSeveralServersRaisesTheAlert() {
        let watch = DeadLetterWatch(threshold: 3, deliver: nil, time: time)
        let early = newDeadLetters(4)
        watch.observe(ChangeBatch(early, origin: .remote, countsInMetrics: false))
        watch.observe(ChangeBatch(newDeadLetters(4)))
        #expect(watch.raised.isEmpty)
        time.advance(seconds: 60)
        watch.observe(ChangeBatch(Array(early.prefix(3)), origin: .remote, countsInMetrics: false))
        watch.observe(ChangeBatch(newDeadLetters(3), origin: .remote, countsInMetrics: false))
        watch.observe(ChangeBatch(newDeadLetters(1)))
        #expect(watch.raised == ["q": 1])
    }

    @Test func slowGrowthRaisesNothing() {
        let watch = DeadLetterWatch(threshold: 3, deliver: nil, time: time)
        for _ in 0..<50 {
            watch.observe(ChangeBatch(newDeadLetters(3)))
            time.advance(seconds: 60)
        }
        #expect(watch.raised.isEmpty)
    }

    @Test func onlyNewDeadLettersCount() {
        let watch = DeadLetterWatch(threshold: 0, deliver: nil, time: time)
        var change = newDeadLetters(1)[0]
        change.state = .retrying
        watch.observe(ChangeBatch([change]))
        watch.observe(ChangeBatch(newDeadLetters(1, from: .failed)))
        #expect(watch.raised.isEmpty)
        let off = DeadLetterWatch(threshold: nil, deliver: nil, time: time)
        off.observe(ChangeBatch(newDeadLetters(100)))
        #expect(off.raised.isEmpty)
    }

    @Test func alertIsRetriedUntilItIsDelivered() async throws {
        let (taken, input) = AsyncStream<DeadLetterAlert>.makeStream()
        let tries = Mutex(0)
        let watch = DeadLetterWatch(
            threshold: 1,
            deliver: { alert in
                let number = tries.withLock { tries in
                    tries += 1
                    return tries
                }
                if number < 3 { throw LonghaulError(.unavailable, "not yet") }
                input.yield(alert)
            }, time: time)
        watch.start()
        watch.observe(ChangeBatch(newDeadLetters(2)))
        let clock = Task { [time] in
            // The clock advances whenever a delivery waits for its retry.
            while !Task.isCancelled {
                if time.sleeping > 0 { time.advance(seconds: 1) }
                await Task.yield()
            }
        }
        let alert = try #require(await taken.first { _ in true })
        clock.cancel()
        await watch.stop()
        #expect(alert.queue == "q")
        #expect(alert.count == 2)
        #expect(alert.threshold == 1)
        #expect(tries.withLock(\.self) == 3)
    }
}
