import LonghaulCore
import Synchronization
import Testing

@testable import LonghaulEngine

struct BackgroundTaskTests {
    /// The bodies that run, and the maximum that ran at the same time.
    private final class Running: Sendable {
        private let counts = Mutex((now: 0, max: 0, begun: 0))

        var now: Int { counts.withLock(\.now) }
        var max: Int { counts.withLock(\.max) }
        var begun: Int { counts.withLock(\.begun) }

        /// Runs until the task is cancelled, and then needs some turns to end.
        func body() async {
            counts.withLock { counts in
                counts.now += 1
                counts.begun += 1
                counts.max = Swift.max(counts.max, counts.now)
            }
            while !Task.isCancelled { await Task.yield() }
            for _ in 0..<20 { await Task.yield() }
            counts.withLock { $0.now -= 1 }
        }
    }

    @Test(arguments: 0..<10) func oneBodyRunsAtATime(seed: UInt64) async {
        let running = Running()
        let background = BackgroundTask()
        await withTaskGroup(of: Void.self) { group in
            for caller in 0..<6 {
                group.addTask {
                    let random = SeededRandom(seed: seed &* 100 &+ UInt64(caller))
                    for _ in 0..<30 {
                        if random.next() & 1 == 0 {
                            background.start { await running.body() }
                        } else {
                            await background.stop()
                        }
                        if random.next() & 1 == 0 { await Task.yield() }
                    }
                }
            }
        }
        #expect(running.max <= 1)
        background.start { await running.body() }
        while running.now == 0 { await Task.yield() }
        await background.stop()
        #expect(running.now == 0)
        #expect(running.max == 1)
    }

    @Test func theBodyChangesNothingInTheNameOfTheCaller() async {
        let background = BackgroundTask()
        let source = await withCheckedContinuation { continuation in
            AuditSource.$current.withValue(AuditSource(caller: "alice")) {
                background.start { continuation.resume(returning: AuditSource.current) }
            }
        }
        await background.stop()
        #expect(source == nil)
    }

    @Test func aSecondStopWaitsForTheBodyToo() async {
        let running = Running()
        let background = BackgroundTask()
        background.start { await running.body() }
        while running.now == 0 { await Task.yield() }
        await withTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    await background.stop()
                    return running.now
                }
            }
            for await now in group { #expect(now == 0) }
        }
    }

    @Test func aSecondStartDoesNothing() async {
        let running = Running()
        let background = BackgroundTask()
        for _ in 0..<5 { background.start { await running.body() } }
        while running.now == 0 { await Task.yield() }
        await background.stop()
        #expect(running.begun == 1)
    }
}
