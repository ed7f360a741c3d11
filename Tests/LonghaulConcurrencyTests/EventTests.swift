import LonghaulTestSupport
import Synchronization
import Testing

@testable import LonghaulConcurrency

struct EventTests {
    @Test func waitsBeforeAndAfterItHappensGetTheValue() async throws {
        let event = Event<Int>()
        let waiters = (0..<50).map { _ in Task { await event.wait() } }
        let cancellable = (0..<50).map { _ in Task { try await event.waitUnlessCancelled() } }
        #expect(event.value == nil)
        #expect(event.fire(7))
        for waiter in waiters { #expect(await waiter.value == 7) }
        for waiter in cancellable { #expect(try await waiter.value == 7) }
        #expect(await event.wait() == 7)
        #expect(try await event.waitUnlessCancelled() == 7)
        #expect(event.waitOnThread() == 7)
        #expect(event.value == 7)
    }

    @Test func onlyTheFirstValueCounts() async {
        let event = Event<Int>()
        #expect(event.fire(1))
        #expect(!event.fire(2))
        #expect(event.claim(3) == nil)
        #expect(await event.wait() == 1)
    }

    @Test func aCancelledWaitThrowsAndTheOthersGoOn() async throws {
        let event = Event<Int>()
        let cancelled = Task { try await event.waitUnlessCancelled() }
        let other = Task { try await event.waitUnlessCancelled() }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        #expect(event.fire(1))
        #expect(try await other.value == 1)
    }

    @Test func aWaitOfACancelledTaskThrowsAtOnceUnlessTheEventHasHappened() async throws {
        let event = Event<Int>()
        let go = Event<Void>()
        let task = Task {
            await go.wait()
            return try await event.waitUnlessCancelled()
        }
        task.cancel()
        go.fire()
        await #expect(throws: CancellationError.self) { try await task.value }
        event.fire(1)
        let late = Task { try await event.waitUnlessCancelled() }
        late.cancel()
        #expect(try await late.value == 1)
    }

    @Test func aPlainWaitIgnoresTheCancellation() async {
        let (event, isWaiting) = (Event<Int>(), Event<Void>())
        let task = Task {
            isWaiting.fire()
            return await event.wait()
        }
        await isWaiting.wait()
        task.cancel()
        event.fire(3)
        #expect(await task.value == 3)
    }

    @Test func aThreadWaits() async {
        let (event, result) = (Event<Int>(), Event<Int>())
        #expect(BlockingThread.start("test") { result.fire(event.waitOnThread()) })
        event.fire(5)
        #expect(await result.wait() == 5)
    }

    @Test func theEndOfASleepDecidesAndIsFinal() async {
        let event = Event<Bool>()
        #expect(await !event.wait(else: false) {})
        #expect(event.claim(true) == nil)
        #expect(!event.fire(true))
    }

    @Test func aCancellationEndsATimedWait() async {
        let event = Event<Bool>()
        let waiter = Task { await event.wait(else: false) { try await Task.sleep(for: .seconds(600)) } }
        waiter.cancel()
        #expect(await !waiter.value)
        #expect(!event.fire(true))
    }

    @Test func anEventBeforeTheEndOfTheSleepCancelsTheSleep() async {
        let (event, sleepEnded) = (Event<Bool>(), Event<Void>())
        let waiter = Task {
            await event.wait(else: false) {
                defer { sleepEnded.fire() }
                try await Task.sleep(for: .seconds(600))
            }
        }
        event.fire(true)
        #expect(await waiter.value)
        await sleepEnded.wait()
    }

    @Test func aClaimEndsTheWaitsWhenItIsResumed() async throws {
        let event = Event<Int>()
        let ended = Atomic(false)
        let waiter = Task {
            let value = await event.wait()
            ended.store(true, ordering: .releasing)
            return value
        }
        let claim = try #require(event.claim(1))
        #expect(event.value == 1)
        claim.resume()
        #expect(await waiter.value == 1)
        let hasEnded = ended.load(ordering: .acquiring)
        #expect(hasEnded)
    }

    @Test func manyTasksFireWaitAndCancelAtTheSameTime() async {
        for _ in 0..<200 {
            let event = Event<Int>()
            let firsts = await withTaskGroup(of: Int.self) { group in
                for number in 0..<8 {
                    group.addTask { event.fire(number) ? 1 : 0 }
                    group.addTask {
                        let waiter = Task { try await event.waitUnlessCancelled() }
                        waiter.cancel()
                        _ = await waiter.result
                        _ = await event.wait()
                        return 0
                    }
                }
                return await group.reduce(0, +)
            }
            #expect(firsts == 1)
        }
    }
}
