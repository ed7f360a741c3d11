import Glibc
import LonghaulCore
import Synchronization

@testable import LonghaulBroker

/// A broker in memory: lanes of IDs, which wait there until they are acknowledged. Can refuse calls.
final class MemoryBroker: Sendable {
    private struct State {
        var lanes: [Lane: [JobID]] = [:]
        /// Deliveries that are not acknowledged, by receipt.
        var unacknowledged: [Int: BrokerDelivery<Int>] = [:]
        var nextReceipt = 0
        var connections = 0
        var checks = 0
        var limits: [Int] = []
        /// The number of calls that fail next.
        var failures = 0
        var isDown = false
    }

    private let state = Mutex(State())

    /// Connects. Fails while the broker is down.
    func connect() throws -> Connection {
        try state.withLock { state in
            if state.isDown { throw Self.unavailable }
            state.connections += 1
        }
        return Connection(broker: self)
    }

    /// A server's queue over this broker.
    func queue() -> BrokerQueue<Connection> {
        BrokerQueue(time: SystemTime()) { try self.connect() }
    }

    var connections: Int { state.withLock(\.connections) }
    var checks: Int { state.withLock(\.checks) }
    /// The limit of each fetch.
    var limits: [Int] { state.withLock(\.limits) }
    /// The number of IDs, with those that are not acknowledged.
    var count: Int {
        state.withLock { $0.lanes.values.reduce($0.unacknowledged.count) { $0 + $1.count } }
    }
    var unacknowledgedCount: Int { state.withLock(\.unacknowledged.count) }

    /// Makes the next calls fail.
    func fail(_ calls: Int) { state.withLock { $0.failures = calls } }

    /// Refuses or accepts all connections and calls.
    func setDown(_ isDown: Bool) { state.withLock { $0.isDown = isDown } }

    private static let unavailable = LonghaulError(.unavailable, "the broker is down")

    private func call<Value>(_ body: (inout State) -> Value) throws -> Value {
        try state.withLock { state in
            if state.isDown { throw Self.unavailable }
            if state.failures > 0 {
                state.failures -= 1
                throw Self.unavailable
            }
            return body(&state)
        }
    }

    /// One connection.
    final class Connection: BrokerTransport {
        private let broker: MemoryBroker
        private var own: Set<Int> = []

        init(broker: MemoryBroker) { self.broker = broker }

        func publish(_ entries: [QueueEntry]) throws {
            try broker.call { state in
                for entry in entries { state.lanes[Lane(entry), default: []].append(entry.id) }
            }
        }

        func fetch(_ lanes: Set<Lane>, limit: Int, seconds: Double) throws -> [BrokerDelivery<Int>] {
            let found = try broker.call { state in
                state.limits.append(limit)
                var found: [BrokerDelivery<Int>] = []
                for lane in lanes.sorted(by: { $0.band > $1.band }) {
                    while found.count < limit, let id = state.lanes[lane]?.first {
                        state.lanes[lane]?.removeFirst()
                        state.nextReceipt += 1
                        let delivery = BrokerDelivery(receipt: state.nextReceipt, lane: lane, id: id)
                        state.unacknowledged[delivery.receipt] = delivery
                        found.append(delivery)
                    }
                }
                return found
            }
            own.formUnion(found.map(\.receipt))
            // A real broker waits here for a publication.
            if found.isEmpty { usleep(1000) }
            return found
        }

        func acknowledge(_ receipts: [Int]) throws {
            try broker.call { state in
                for receipt in receipts { state.unacknowledged[receipt] = nil }
            }
        }

        func requeue(_ receipts: [Int]) throws {
            try broker.call { state in Self.requeue(receipts, &state) }
        }

        func held(of queue: String, kinds: Set<String>) throws -> Int? {
            try broker.call { state in
                state.lanes.reduce(0) { $0 + ($1.key.queue == queue ? $1.value.count : 0) }
                    + state.unacknowledged.values.count { $0.lane.queue == queue }
            }
        }

        func kinds(of queue: String) throws -> Set<String> {
            try broker.call { state in Set(state.lanes.keys.lazy.filter { $0.queue == queue }.map(\.kind)) }
        }

        func check() throws { try broker.call { $0.checks += 1 } }

        /// Returns what is not acknowledged, like a broker that notices a closed connection.
        func close() {
            broker.state.withLock { Self.requeue(Array(own), &$0) }
        }

        private static func requeue(_ receipts: [Int], _ state: inout State) {
            for receipt in receipts {
                guard let delivery = state.unacknowledged.removeValue(forKey: receipt) else { continue }
                state.lanes[delivery.lane, default: []].insert(delivery.id, at: 0)
            }
        }
    }
}
