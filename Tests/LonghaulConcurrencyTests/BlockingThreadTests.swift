import LonghaulTestSupport
import Synchronization
import Testing

@testable import LonghaulConcurrency

struct BlockingThreadTests {
    private struct Failure: Error {}

    private final class Counts: Sendable {
        let running = Atomic(0)
        let peak = Atomic(0)
    }

    @Test func aCallReturnsItsResultOrItsError() async throws {
        #expect(try await BlockingThread.run("test") { 1 } == 1)
        await #expect(throws: Failure.self) {
            try await BlockingThread.run("test") { throw Failure() }
        }
        #expect(try await BlockingPool.shared.run { 2 } == 2)
        await #expect(throws: Failure.self) {
            try await BlockingPool.shared.run { throw Failure() }
        }
    }

    @Test func aThreadWorksForItsMeter() async {
        let meter = WorkMeter("thread of a test")
        let before = meter.sample.progress
        let ended = Event<Void>()
        let isStarted = BlockingThread.start("test", meter: meter) {
            WorkMeter.tickThread()
            ended.fire()
        }
        #expect(isStarted)
        await ended.wait()
        #expect(meter.sample.progress == before + 1)
    }

    @Test func blockedCallsOfAPoolKeepNoTaskFromRunning() async throws {
        let pool = BlockingPool(maxThreads: 300)
        let release = Event<Void>()
        let ended = Atomic(0)
        // More than Dispatch has threads.
        for _ in 0..<300 {
            pool.start {
                release.waitOnThread()
                ended.add(1, ordering: .relaxed)
            }
        }
        await withDiscardingTaskGroup { group in
            for _ in 0..<8 { group.addTask { await Task.yield() } }
        }
        let endedEarly = ended.load(ordering: .relaxed)
        #expect(endedEarly == 0)
        release.fire()
        try await eventually("all calls have ended") { ended.load(ordering: .relaxed) == 300 }
    }

    @Test func aPoolStartsNoMoreThreadsThanItsMaximum() async throws {
        let pool = BlockingPool(maxThreads: 3, idleSeconds: 0.01)
        let release = Event<Void>()
        let counts = Counts()
        let calls = (0..<20).map { _ in
            Task {
                try await pool.run {
                    counts.peak.max(counts.running.add(1, ordering: .relaxed).newValue, ordering: .relaxed)
                    release.waitOnThread()
                    counts.running.subtract(1, ordering: .relaxed)
                }
            }
        }
        try await eventually("three calls run") { counts.running.load(ordering: .relaxed) == 3 }
        #expect(pool.threadCount == 3)
        release.fire()
        for call in calls { try await call.value }
        let reached = counts.peak.load(ordering: .relaxed)
        #expect(reached == 3)
        try await eventually("idle threads end") { pool.threadCount == 0 }
        #expect(try await pool.run { 1 } == 1)
    }

    @Test func callsOfManyTasksAllRunWhileThreadsComeAndGo() async throws {
        let pool = BlockingPool(maxThreads: 4, idleSeconds: 0.0001)
        let sum = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 1...1000 {
                group.addTask {
                    if number.isMultiple(of: 50) { try await Task.sleep(for: .milliseconds(1)) }
                    return try await pool.run { number }
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(sum == 500_500)
    }
}
