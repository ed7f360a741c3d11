import LonghaulTestSupport
import Testing

@testable import LonghaulConcurrency

struct InboxTests {
    // MARK: Tasks

    @Test func aTaskGetsTheElementsInOrder() async {
        let inbox = Inbox<Int>()
        let sender = Task { for value in 0..<1000 { inbox.put(value) } }
        var received: [Int] = []
        while received.count < 1000, let value = await inbox.next() { received.append(value) }
        #expect(received == Array(0..<1000))
        await sender.value
    }

    @Test func aCancelledTaskLeavesTheElementsToTheNextOne() async {
        let inbox = Inbox<Int>()
        let reader = Task { await inbox.next() }
        reader.cancel()
        #expect(await reader.value == nil)
        inbox.put(1)
        let late = Task { await inbox.next() }
        #expect(await late.value == 1)
    }

    @Test func closingEndsTheWaitOfATaskAfterTheLastElement() async {
        let inbox = Inbox<Int>()
        let reader = Task { () -> [Int] in
            var received: [Int] = []
            while let value = await inbox.next() { received.append(value) }
            return received
        }
        inbox.put(1)
        inbox.put(2)
        inbox.close()
        #expect(await reader.value == [1, 2])
        #expect(!inbox.put(3))
        #expect(await inbox.next() == nil)
    }

    // MARK: Threads

    @Test func aThreadGetsTheElementsInOrder() async throws {
        let inbox = Inbox<Int>()
        async let received = onThread { () -> [Int] in
            var received: [Int] = []
            while let value = inbox.take() { received.append(value) }
            return received
        }
        for value in 0..<1000 { inbox.put(value) }
        inbox.close()
        #expect(try await received == Array(0..<1000))
    }

    @Test func closingEndsTheWaitsOfAllThreads() async throws {
        let inbox = Inbox<Int>()
        async let first = onThread { inbox.take() }
        async let second = onThread { inbox.take(within: 3600) }
        async let third = onThread { inbox.take(upTo: 10, atLeast: 5) { $0 } }
        inbox.close()
        #expect(try await first == nil)
        #expect(try await second == nil)
        #expect(try await third == nil)
        #expect(inbox.isClosed)
    }

    @Test func closingWakesEachOfManyWaitingThreads() async throws {
        let inbox = Inbox<Int>()
        let begun = Recorder<Int>()
        let takers = (0..<8).map { number in
            Task {
                try await onThread {
                    begun.add(number)
                    return inbox.take()
                }
            }
        }
        try await begun.wait(for: "all threads have begun") { $0.count == 8 }
        // Only so that the threads most likely wait. The test passes as well if they do not yet.
        try await Task.sleep(for: .milliseconds(50))
        inbox.close()
        for taker in takers { #expect(try await taker.value == nil) }
    }

    @Test func aTimedTakeEnds() async throws {
        let inbox = Inbox<Int>()
        #expect(try await onThread { inbox.take(within: 0.01) } == nil)
        #expect(try await onThread { inbox.take(within: -1) } == nil)
        inbox.put(1)
        #expect(try await onThread { inbox.take(within: 0) } == 1)
    }

    @Test func aBatchHoldsElementsUpToTheLimit() {
        let inbox = Inbox<Int>()
        for weight in [3, 4, 5, 20, 1] { inbox.put(weight) }
        #expect(inbox.take(upTo: 10) { $0 } == [3, 4])
        #expect(inbox.take(upTo: 10) { $0 } == [5])
        #expect(inbox.take(upTo: 10) { $0 } == [20])
        #expect(inbox.take(upTo: 10) { $0 } == [1])
    }

    @Test func aBatchWaitsForItsMinimumUntilASignalOrTheEnd() async throws {
        let inbox = Inbox<Int>()
        inbox.put(1)
        let isOver = Event<Void>()
        async let batch = onThread {
            inbox.take(upTo: 10, atLeast: 3, unless: { isOver.value != nil }) { $0 }
        }
        isOver.fire()
        inbox.signal()
        #expect(try await batch == [])
        async let second = onThread { inbox.take(upTo: 10, atLeast: 3) { $0 } }
        inbox.put(2)
        #expect(try await second == [1, 2])
        inbox.put(1)
        inbox.close()
        #expect(inbox.take(upTo: 10, atLeast: 3) { $0 } == [1])
    }

    // MARK: Bounds

    @Test func aFullInboxDropsTheNewestElement() {
        let inbox = Inbox<Int>(capacity: 2, .dropNewest)
        #expect((1...4).map { inbox.put($0) } == [true, true, false, false])
        #expect([inbox.removeFirst(), inbox.removeFirst(), inbox.removeFirst()] == [1, 2, nil])
    }

    @Test func aFullInboxDropsTheOldestElement() {
        let inbox = Inbox<Int>(capacity: 2, .dropOldest)
        for value in 1...2 { inbox.put(value) }
        #expect(inbox.removeFirst() == 1)
        for value in 3...5 { #expect(inbox.put(value)) }
        #expect([inbox.removeFirst(), inbox.removeFirst(), inbox.removeFirst()] == [4, 5, nil])
    }

    @Test func theMeterCountsElementsUntilTheyAreFinished() {
        let meter = WorkMeter("inbox of a test")
        let inbox = Inbox<Int>(capacity: 1, .dropOldest, meter: meter)
        inbox.put(1)
        inbox.put(2)
        #expect(meter.sample.isBusy)
        #expect(inbox.take() == 2)
        #expect(meter.sample.isBusy)
        inbox.finish()
        #expect(!meter.sample.isBusy)
    }

    @Test func closingCanRemoveTheElements() {
        let inbox = Inbox<Int>()
        for value in 1...3 { inbox.put(value) }
        #expect(inbox.closeAndRemoveAll() == [1, 2, 3])
        #expect(inbox.take() == nil)
    }

    @Test func removedElementsAreReleased() {
        final class Marker: Sendable {}
        let inbox = Inbox<Marker>()
        for _ in 0..<300 { inbox.put(Marker()) }
        weak var marker: Marker?
        for _ in 0..<150 { marker = inbox.removeFirst() }
        #expect(marker == nil)
        var count = 0
        while inbox.removeFirst() != nil { count += 1 }
        #expect(count == 150)
    }

    @Test func manySendersAndTakersLoseNothing() async throws {
        let inbox = Inbox<Int>()
        let sum = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    try await onThread {
                        var sum = 0
                        while let value = inbox.take() { sum += value }
                        return sum
                    }
                }
                group.addTask {
                    var sum = 0
                    while let value = await inbox.next() { sum += value }
                    return sum
                }
            }
            await withDiscardingTaskGroup { senders in
                for _ in 0..<4 {
                    senders.addTask { for value in 1...1000 { inbox.put(value) } }
                }
            }
            inbox.close()
            return try await group.reduce(0, +)
        }
        #expect(sum == 4 * 500_500)
    }
}
