import Testing

@testable import LonghaulEngine

struct ServiceInboxTests {
    @Test func valuesArriveInOrder() async {
        let inbox = ServiceInbox<Int>()
        let sender = Task { for value in 0..<1000 { inbox.send(value) } }
        var received: [Int] = []
        while received.count < 1000, let value = await inbox.next() { received.append(value) }
        #expect(received == Array(0..<1000))
        await sender.value
    }

    @Test func aCancelledReaderLeavesTheValuesToTheNextOne() async {
        let inbox = ServiceInbox<Int>()
        let reader = Task { await inbox.next() }
        reader.cancel()
        #expect(await reader.value == nil)
        inbox.send(1)
        let late = Task { await inbox.next() }
        #expect(await late.value == 1)
    }

    @Test func aFullInboxDropsTheNewestValue() {
        let inbox = ServiceInbox<Int>(capacity: 2, .dropNewest)
        for value in 1...4 { inbox.send(value) }
        #expect([inbox.removeFirst(), inbox.removeFirst(), inbox.removeFirst()] == [1, 2, nil])
    }

    @Test func aFullInboxDropsTheOldestValue() {
        let inbox = ServiceInbox<Int>(capacity: 2, .dropOldest)
        for value in 1...2 { inbox.send(value) }
        #expect(inbox.removeFirst() == 1)
        for value in 3...5 { inbox.send(value) }
        #expect([inbox.removeFirst(), inbox.removeFirst(), inbox.removeFirst()] == [4, 5, nil])
    }
}
