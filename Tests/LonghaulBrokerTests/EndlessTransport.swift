import LonghaulCore

@testable import LonghaulBroker

/// A transport of a test that always returns the same ID for every lane, and keeps nothing.
protocol EndlessTransport: BrokerTransport where Receipt == Int {
    var id: JobID { get }
}

extension EndlessTransport {
    func publish(_ entries: [QueueEntry]) throws {}

    func fetch(_ lanes: Set<Lane>, limit: Int, seconds: Double) throws -> [BrokerDelivery<Int>] {
        lanes.prefix(limit).map { BrokerDelivery(receipt: 1, lane: $0, id: id) }
    }

    func acknowledge(_ receipts: [Int]) throws {}
    func requeue(_ receipts: [Int]) throws {}
    func held(of queue: String, kinds: Set<String>) throws -> Int? { nil }
    func kinds(of queue: String) throws -> Set<String> { [] }
    func check() throws {}
    func close() {}
}
