import Testing

@testable import LonghaulWorker

@Suite struct SlotTableTests {
    private func handler(_ kind: String, queue: String? = nil, concurrency: Int? = nil) -> Handler {
        Handler(kind: kind, queue: queue, concurrency: concurrency) { _ in Handler.Output() }
    }

    @Test func workerRequestsOnlyQueuesWithFreeSlots() {
        var table = SlotTable(
            queues: [("a", 3), ("b", 1)],
            handlers: [handler("free"), handler("narrow", concurrency: 2), handler("only.b", queue: "b")])
        #expect(table.room(in: "a") == .init(kinds: ["free", "narrow"], jobs: 2, isPartial: false))
        #expect(table.room(in: "b") == .init(kinds: ["free", "narrow", "only.b"], jobs: 1, isPartial: false))
        table.take(queue: "a", kind: "narrow")
        table.take(queue: "a", kind: "narrow")
        #expect(table.room(in: "a") == .init(kinds: ["free"], jobs: 1, isPartial: true))
        table.take(queue: "a", kind: "free")
        #expect(table.room(in: "a") == nil)
        table.free(queue: "a", kind: "narrow")
        #expect(table.room(in: "a") == .init(kinds: ["free", "narrow"], jobs: 1, isPartial: false))
        #expect(table.room(in: "c") == nil)
        #expect(table.unserved([handler("x", queue: "c"), handler("y")]).map(\.kind) == ["x"])
    }

    @Test func largeQueueIsFilledByHalves() {
        var table = SlotTable(
            queues: [("few", 16), ("more", 17), ("many", 100)],
            handlers: [handler("any")])
        #expect(table.room(in: "few")?.jobs == 16)
        #expect(table.room(in: "more")?.jobs == 9)
        #expect(table.room(in: "many")?.jobs == 50)
        for _ in 0..<60 { table.take(queue: "many", kind: "any") }
        #expect(table.room(in: "many")?.jobs == 40)
    }
}
